import { z } from 'zod';
import type { Plugin } from './entities';
import { type Exit, failure } from './proxy/routing';

type Asked = {
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly query: URLSearchParams;
};

const configSchema = z.object({
  status_code: z.number().default(503),
  message: z.string().nullish(),
  body: z.string().nullish(),
  content_type: z.string().nullish(),
  trigger: z.string().nullish(),
});

/** Kong's words without a configured message. */
const words: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  404: 'Not found',
  405: 'Method not allowed',
  500: 'An unexpected error occurred',
  502: 'Bad Gateway',
  503: 'Service unavailable',
};

/**
 * Returns the answer of `request-termination` in place of the provider. Undefined: it lets the
 * request pass, or is another plugin.
 */
export function terminate({ name, config }: Pick<Plugin, 'name' | 'config'>, asked: Asked): Exit | undefined {
  if (name !== 'request-termination') return undefined;
  const { status_code: status, message, body, content_type: type, trigger } = configSchema.parse(config);
  if (trigger && !isTriggered(trigger, asked)) return undefined;
  if (body) return { status, body, ...(type && { headers: { 'content-type': type } }) };
  const text = message ?? words[status];
  return text === undefined ? { status } : failure(status, text);
}

function isTriggered(trigger: string, { headers, query }: Asked): boolean {
  return headers[trigger.toLowerCase()] !== undefined || query.has(trigger);
}
