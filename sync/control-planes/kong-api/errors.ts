import { z } from 'zod';
import {
  type ErrorCode,
  type ErrorDetails,
  messageOf,
  misfitOf,
  PrivatelinkError,
  quoteOf,
  redirectWords,
} from '#core/errors';
import { clientCertificateFix, otherAnswerFix, wayFix } from './network-errors';

/** An API with Kong's answers: how it is called, and the fix for each status of refusal. */
export type Api = {
  readonly name: string;
  /** Headers that carry the token. */
  readonly authorize: (token: string) => Readonly<Record<string, string>>;
  readonly fixes: Readonly<Record<number, { readonly code: ErrorCode; readonly fix: string }>>;
};

/** Kong's errors for the entities of a declarative configuration. */
const flattenedError = z.object({
  entity_type: z.string().nullish(),
  entity_name: z.string().nullish(),
  entity: z.object({ id: z.string().nullish(), target: z.string().nullish() }).nullish(),
  errors: z.array(z.object({ field: z.string().nullish(), message: z.string().nullish() })),
});

/** Error bodies of Konnect, in both shapes, and of Kong. */
const errorBody = z.object({
  message: z.string().nullish(),
  title: z.string().nullish(),
  detail: z.string().nullish(),
  details: z.array(z.object({ field: z.string().nullish(), messages: z.array(z.string()).nullish() })).nullish(),
  flattened_errors: z.array(flattenedError).min(1).nullish().catch(undefined),
});

/**
 * Returns the name of a call for messages: without the password in `address`, and with a readable
 * query.
 */
export function callName(method: string, address: string, path: string): string {
  const { origin, pathname } = new URL(address);
  return `${method} ${origin}${pathname.replace(/\/+$/, '')}${decoded(path)}`;
}

/** Text that is not a valid encoding stays as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export type FailedAnswer = {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs?: number;
  /** Target of a redirect. */
  readonly location?: string;
};

/**
 * Makes the error for an answer of `api` that is not a success. `call` is the name of the call,
 * `text` the body.
 */
export function answerError(
  { name, fixes }: Pick<Api, 'name' | 'fixes'>,
  call: string,
  answer: FailedAnswer,
): PrivatelinkError {
  const { status, text, location } = answer;
  const redirect = redirectWords(status, location);
  if (redirect) {
    const reason = `${name} answered ${status} to ${call}: ${redirect}`;
    return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix: redirectFix });
  }
  const words = quoteOf(wordsOf(text)) || 'without a message';
  const details = fixes[status] ?? meaningOf(answer);
  return new PrivatelinkError(`${name} answered ${status} to ${call}: ${words}`, { ...details, said: words });
}

const redirectFix =
  "write the address of the control plane's API itself in controlPlane.address, not of a login or a proxy: redirects are not followed";

function meaningOf({ status, text, retryAfterMs }: FailedAnswer): ErrorDetails {
  if (status === 429) {
    const fix = 'the next pass goes on from here; lower controlPlane.concurrency if it happens often';
    return { code: 'RATE_LIMITED', fix, retryAfterMs };
  }
  if (status >= 500) return { code: 'CONTROL_PLANE_FAILED', fix: 'the next pass goes on from here', retryAfterMs };
  if (status === 407) return { code: 'BAD_CONNECTION', fix: otherAnswerFix };
  if (!isValidation(status)) {
    const fix =
      'an entity changed meanwhile, or is in the way: the next pass plans again; if the error comes back, correct what it names';
    return { code: 'CONTROL_PLANE', fix };
  }
  // nginx words it this way, and Kong runs in nginx.
  if (/SSL certificate (was sent|error)/i.test(text)) return { code: 'BAD_CONNECTION', fix: clientCertificateFix };
  const fix = text.includes('failover')
    ? 'targets with failover need Kong Gateway Enterprise 3.12 or later: set affinity to weighted'
    : 'correct what the answer names: in the tags of the endpoint, in the configuration, or in the control plane';
  return { code: 'REJECTED', fix, refusedIds: refusedIdsOf(text) };
}

/** Statuses that call an entity invalid. Other statuses say nothing about its content (fm-14). */
function isValidation(status: number): boolean {
  return status === 400 || status === 422;
}

/** Makes the error for a success in an undocumented shape. */
export function shapeError(call: string, cause: unknown): PrivatelinkError {
  const why = cause instanceof z.ZodError ? misfitOf(cause, 'body') : messageOf(cause);
  return new PrivatelinkError(`the answer to ${call} is not what the control plane's API documents (${why})`, {
    code: 'CONTROL_PLANE',
    fix: 'check controlPlane.address',
    cause,
  });
}

/**
 * Makes the error for a list whose pages never end, with the reason `why`. `call` asked for the
 * last page.
 */
export function endlessError(call: string, why: string): PrivatelinkError {
  return new PrivatelinkError(`the list of ${call} has no end: ${why}`, {
    code: 'CONTROL_PLANE',
    fix: otherAnswerFix,
  });
}

/** Makes the error for a list whose pages come too slowly. `call` asks for the list. */
export function lateListError(call: string, timeoutMs: number): PrivatelinkError {
  return new PrivatelinkError(`the list of ${call} was not complete after ${timeoutMs / 1_000} s`, {
    code: 'TIMEOUT',
    fix: wayFix,
  });
}

/**
 * Returns the message of a body, with the fields in it. A body without JSON, perhaps a page of a
 * proxy, is quoted in part.
 */
function wordsOf(text: string): string {
  const parsed = errorBody.safeParse(jsonOf(text));
  if (!parsed.success) return text.slice(0, 200).trim();
  const { message, title, detail, details, flattened_errors: refused } = parsed.data;
  if (refused) return refused.map(wordsOfEntity).join('; ');
  const fields = (details ?? []).map((one) => [one.field, one.messages?.join(', ')].filter(Boolean).join(': '));
  return [message ?? title, detail, ...fields].filter(Boolean).join('; ');
}

function refusedIdsOf(text: string): readonly string[] {
  const { flattened_errors: refused } = errorBody.safeParse(jsonOf(text)).data ?? {};
  return (refused ?? []).flatMap(({ entity }) => entity?.id ?? []);
}

function wordsOfEntity({
  entity_type: type,
  entity_name: name,
  entity,
  errors,
}: z.infer<typeof flattenedError>): string {
  const said = errors.map(({ field, message }) => [field, message].filter(Boolean).join(': '));
  return `${[type, name ?? entity?.target].filter(Boolean).join(' ')}: ${said.join(', ')}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
