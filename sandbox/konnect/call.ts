import { type Refusal, refused } from './refusal';

/** One call, read and split. */
export type Call = {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
};

/** `body` absent: 204. */
export type Answer = { readonly status: number; readonly body?: unknown };

export function notFound(): Refusal {
  return refused(404, 'Not Found', 'no such resource');
}

export function notAllowed(): Refusal {
  return refused(405, 'Method Not Allowed', 'this resource does not take that method');
}
