import { z } from 'zod';
import { type ErrorCode, messageOf, PrivatelinkError } from '#core/errors';

/** An API that answers as Kong's does: how it is called, and what people do when it refuses, by status. */
export type Api = {
  readonly name: string;
  /** The headers that carry the token. */
  readonly authorize: (token: string) => Readonly<Record<string, string>>;
  readonly fixes: Readonly<Record<number, { readonly code: ErrorCode; readonly fix: string }>>;
};

/** What a declarative configuration is refused for, entity by entity. */
const flattenedError = z.object({
  entity_type: z.string().nullish(),
  entity_name: z.string().nullish(),
  entity: z.object({ id: z.string().nullish(), target: z.string().nullish() }).nullish(),
  errors: z.array(z.object({ field: z.string().nullish(), message: z.string().nullish() })),
});

/** Error bodies of Konnect, in either of its shapes, and of Kong. */
const errorBody = z.object({
  message: z.string().nullish(),
  title: z.string().nullish(),
  detail: z.string().nullish(),
  details: z.array(z.object({ field: z.string().nullish(), messages: z.array(z.string()).nullish() })).nullish(),
  flattened_errors: z.array(flattenedError).min(1).nullish().catch(undefined),
});

/** How messages name a call to `path` of the API at `address`: without its password, and with its query as people write it. */
export function callName(method: string, address: string, path: string): string {
  const { origin, pathname } = new URL(address);
  return `${method} ${origin}${pathname.replace(/\/+$/, '')}${decoded(path)}`;
}

/** Text that is no encoding of anything stays as it is. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export type FailedAnswer = { readonly status: number; readonly text: string; readonly retryAfterMs?: number };

/** The error for an answer of `api` that is not a success; `call` is its name, `text` its body. */
export function answerError(
  { name, fixes }: Pick<Api, 'name' | 'fixes'>,
  call: string,
  { status, text, retryAfterMs }: FailedAnswer,
): PrivatelinkError {
  const said = `${name} answered ${status} to ${call}: ${wordsOf(text) || 'without a word'}`;
  const known = fixes[status];
  if (known) return new PrivatelinkError(`${said}; ${known.fix}`, { code: known.code, transient: false });
  if (status === 429) {
    const fix = 'the next pass goes on from here; lower controlPlane.concurrency if it happens often';
    return new PrivatelinkError(`${said}; ${fix}`, { code: 'RATE_LIMITED', transient: true, retryAfterMs });
  }
  if (status >= 500) {
    return new PrivatelinkError(`${said}; the next pass goes on from here`, {
      code: 'CONTROL_PLANE',
      transient: true,
      retryAfterMs,
    });
  }
  if (!isValidation(status)) {
    const fix =
      'it was changed meanwhile, or is in the way: the next pass plans afresh; correct what it names if it comes back';
    return new PrivatelinkError(`${said}; ${fix}`, { code: 'CONTROL_PLANE', transient: false });
  }
  const fix = text.includes('failover')
    ? 'targets with failover need Kong Gateway Enterprise 3.12 or later: set affinity to weighted'
    : 'correct what it names: in the tags of the endpoint, in the configuration, or in the control plane';
  return new PrivatelinkError(`${said}; ${fix}`, {
    code: 'REJECTED',
    transient: false,
    refusedIds: refusedIdsOf(text),
  });
}

/** The statuses that say that an entity is invalid; all others say nothing of its content (fm-14). */
function isValidation(status: number): boolean {
  return status === 400 || status === 422;
}

/** The error for a call that brought no whole answer. */
export function networkError(call: string, thrown: unknown): PrivatelinkError {
  const code = networkCodeOf(thrown);
  const fix = 'check controlPlane.address and the way to it (DNS, proxy, firewall)';
  return new PrivatelinkError(`no answer to ${call}: ${messageOf(thrown) || code}; ${fix}`, {
    code: timeoutCodes.has(code) ? 'TIMEOUT' : 'UNREACHABLE',
    transient: timeoutCodes.has(code) || brokenCodes.has(code),
    cause: thrown,
  });
}

/** The error for a success that does not look as documented. */
export function shapeError(call: string, cause: unknown): PrivatelinkError {
  return new PrivatelinkError(
    `the answer to ${call} is not what the control plane's API documents (${firstProblem(cause)}); check controlPlane.address`,
    { code: 'BAD_ANSWER', transient: false, cause },
  );
}

function firstProblem(cause: unknown): string {
  const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
  return issue ? `${issue.path.join('.') || 'body'}: ${issue.message}` : messageOf(cause);
}

/** True for a connection that broke or could not be made just now; a time-out has used up its patience already. */
export function isBroken(thrown: unknown): boolean {
  return brokenCodes.has(networkCodeOf(thrown));
}

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** The codes that undici's own retry takes for passing. */
const brokenCodes: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EPIPE',
  'UND_ERR_SOCKET',
]);

function networkCodeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}

/** What a body says, with the fields it names; a body that is no JSON, a proxy's page perhaps, is quoted in part. */
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
