import { z } from 'zod';
import { codeOf, type ErrorCode, messageOf, PrivatelinkError, quoteOf, redirectWords } from '#core/errors';
import { opensslWordsOf, tlsFixOf, untrustedFix } from '#io/tls-failures';
import type { AccountScope } from './accounts';
import { noProxyFix } from './answers';

type Meaning = {
  readonly code: ErrorCode;
  readonly fix: (action: string, scope: AccountScope) => string;
};

const denied: Meaning = {
  code: 'ACCESS_DENIED',
  fix: (action, { roleArn }) =>
    action.startsWith('sts:')
      ? `let the role trust this identity, with its external id`
      : `allow ${action} for ${roleArn ?? 'the identity in use'}`,
};
const credentials: Meaning = {
  code: 'CREDENTIALS',
  fix: () =>
    'give the process AWS credentials (role of the task or instance, AWS_PROFILE, or AWS_ACCESS_KEY_ID), and check that they have not expired',
};
const rejectedKey: Meaning = {
  ...credentials,
  fix: (_, scope) =>
    `check the credentials; where other regions of the account answer, enable region ${scope.region} in it, or take it out of regions`,
};
const late: Meaning = {
  ...credentials,
  fix: () => 'set the clock of this machine, and check that the credentials have not expired',
};
const throttled: Meaning = {
  code: 'THROTTLED',
  fix: () => 'the next pass tries again; if this goes on, raise watch.intervalSeconds',
};
const region: Meaning = {
  code: 'REGION',
  fix: () => 'enable the region in the account, or take it out of regions',
};
const timeout: Meaning = {
  code: 'TIMEOUT',
  fix: () => 'the next pass tries again; check the route to the AWS API',
};
const unreachable: Meaning = {
  code: 'UNREACHABLE',
  fix: () => 'check the network, the proxy, or `endpoint` of the source',
};
const tlsSettings = { address: '`endpoint` of the source', untrustedFix };
const garbled: Meaning = {
  code: 'BAD_ANSWER',
  fix: () => noProxyFix,
};
const other: Meaning = { code: 'AWS', fix: () => 'the next pass tries again' };

/** Error names of EC2, STS, the SDK and Node. */
const meanings = new Map<string, Meaning>(
  Object.entries({
    UnauthorizedOperation: denied,
    AccessDenied: denied,
    AccessDeniedException: denied,
    AuthFailure: rejectedKey,
    CredentialsProviderError: credentials,
    ExpiredToken: credentials,
    ExpiredTokenException: credentials,
    RequestExpired: late,
    InvalidClientTokenId: rejectedKey,
    UnrecognizedClientException: rejectedKey,
    SignatureDoesNotMatch: late,
    InvalidSignatureException: late,
    RequestTimeTooSkewed: late,
    RequestLimitExceeded: throttled,
    Throttling: throttled,
    ThrottlingException: throttled,
    OptInRequired: region,
    RegionDisabledException: region,
    TimeoutError: timeout,
    AbortError: timeout,
    ETIMEDOUT: timeout,
    ECONNREFUSED: unreachable,
    ECONNRESET: unreachable,
    ENOTFOUND: unreachable,
    EPIPE: unreachable,
    EAI_AGAIN: unreachable,
    EHOSTUNREACH: unreachable,
    ENETUNREACH: unreachable,
  }),
);

/**
 * Runs a call of `action` in `scope`. An error becomes a PrivatelinkError with AWS's own words and
 * the fix.
 */
export async function wrapAwsError<T>(action: string, scope: AccountScope, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw thrown instanceof PrivatelinkError ? thrown : toPrivatelinkError(action, scope, thrown);
  }
}

/**
 * Whether EC2 itself refused the action. A refused role has the same code, but it affects every
 * call of its scope.
 */
export function isUnpermitted(thrown: unknown): thrown is PrivatelinkError {
  return thrown instanceof PrivatelinkError && namesOf(thrown.cause).includes('UnauthorizedOperation');
}

/** The stable code of an error that a call threw. */
export function awsErrorCode(thrown: unknown): ErrorCode {
  return meaningOf(thrown).code;
}

function toPrivatelinkError(action: string, scope: AccountScope, thrown: unknown): PrivatelinkError {
  const { code, fix } = meaningOf(thrown);
  const failed = isAssumeRole(thrown) ? 'sts:AssumeRole' : action;
  const where = isOfProcess(thrown) ? "finding the process's own AWS credentials" : whereOf(failed, scope, code);
  return new PrivatelinkError(`${where} failed: ${quoteOf(wordsOf(thrown))}`, {
    code,
    fix: fix(failed, scope),
    cause: thrown,
  });
}

/** Whether the fault is the process's own, for every call and place. */
function isOfProcess(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'CredentialsProviderError';
}

/** A role is assumed for all regions and sources at once. */
function whereOf(action: string, { source, account, region, roleArn }: AccountScope, code: ErrorCode): string {
  if (roleArn && action === 'sts:AssumeRole')
    return `role ${roleArn}${code === 'ACCESS_DENIED' ? '' : `, region ${region}`}: ${action}`;
  return `source ${source}, account ${account}, region ${region}: ${action}`;
}

function wordsOf(thrown: unknown): string {
  const { status, location } = foreignAnswerOf(thrown) ?? {};
  if (status !== undefined)
    return [`the answer has status ${status} and is not AWS's`, redirectWords(status, location) ?? []]
      .flat()
      .join(': ');
  const [words = ''] = (opensslWordsOf(thrown) || messageOf(thrown) || namesOf(thrown)[0] || 'no reason given').split(
    '\n',
  );
  return words;
}

function meaningOf(thrown: unknown): Meaning {
  const [known] = namesOf(thrown).flatMap((name) => meanings.get(name) ?? []);
  const fix = ownFixOf(thrown) ?? tlsFixOf(thrown, tlsSettings);
  if (fix) return { code: known?.code ?? 'BAD_CONNECTION', fix: () => fix };
  return known ?? (isGarbled(thrown) || foreignAnswerOf(thrown) ? garbled : other);
}

/** The fix of our own error, about a proxy or credentials, that came through the SDK. */
function ownFixOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'fix' in thrown && typeof thrown.fix === 'string' ? thrown.fix : undefined;
}

const answered = z.object({
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional(),
  $response: z
    .object({
      statusCode: z.number(),
      headers: z.object({ location: z.string().optional() }).optional().catch(undefined),
    })
    .optional(),
});

/**
 * Status and redirect target of an answer that is neither a success nor an error of AWS. The SDK
 * only says "Unknown" about it, or repeats its parser.
 */
function foreignAnswerOf(
  thrown: unknown,
): { readonly status: number; readonly location: string | undefined } | undefined {
  const isUnsaid = /^Unknown(Error)?$/.test(messageOf(thrown).trim());
  if (!isUnsaid && !isGarbled(thrown)) return undefined;
  const { $response, $metadata } = answered.safeParse(thrown).data ?? {};
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
  return status === undefined || status === 200 ? undefined : { status, location: $response?.headers?.location };
}

/**
 * The SDK throws a plain Error for an answer that it cannot parse. Its second line is a hint for
 * the SDK's own users.
 */
function isGarbled(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.includes('Deserialization error');
}

function namesOf(thrown: unknown): readonly string[] {
  return thrown instanceof Error ? [codeOf(thrown) ?? [], thrown.name].flat() : [];
}

function isAssumeRole(thrown: unknown): boolean {
  return thrown instanceof Error && /sts:AssumeRole|assumed? role/i.test(thrown.message);
}
