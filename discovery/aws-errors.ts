import { type ErrorCode, messageOf, PrivatelinkError } from '../core/errors';
import type { AccountScope } from './aws-scopes';

type Meaning = {
  readonly code: ErrorCode;
  readonly transient: boolean;
  readonly fix: (action: string, scope: AccountScope) => string;
};

const denied: Meaning = {
  code: 'ACCESS_DENIED',
  transient: false,
  fix: (action, { roleArn }) =>
    action.startsWith('sts:')
      ? `let the role trust this identity, with its external id`
      : `allow ${action} for ${roleArn ?? 'the identity in use'}`,
};
const credentials: Meaning = {
  code: 'CREDENTIALS',
  transient: false,
  fix: () =>
    'give the process AWS credentials (role of the task or instance, AWS_PROFILE, or AWS_ACCESS_KEY_ID), and check that they have not expired',
};
const throttled: Meaning = {
  code: 'THROTTLED',
  transient: true,
  fix: () => 'it is tried again in the next pass; raise watch.intervalSeconds if this stays',
};
const region: Meaning = {
  code: 'REGION',
  transient: false,
  fix: () => 'enable the region in the account, or take it out of regions',
};
const timeout: Meaning = {
  code: 'TIMEOUT',
  transient: true,
  fix: () => 'it is tried again in the next pass; check the route to the AWS API',
};
const unreachable: Meaning = {
  code: 'UNREACHABLE',
  transient: true,
  fix: () => 'check the network, the proxy, or `endpoint` of the source',
};
const other: Meaning = { code: 'AWS', transient: true, fix: () => 'it is tried again in the next pass' };

/** Names of errors as EC2, STS, the SDK and Node give them. */
const meanings: Readonly<Record<string, Meaning>> = {
  UnauthorizedOperation: denied,
  AccessDenied: denied,
  AccessDeniedException: denied,
  AuthFailure: credentials,
  CredentialsProviderError: credentials,
  ExpiredToken: credentials,
  ExpiredTokenException: credentials,
  RequestExpired: credentials,
  InvalidClientTokenId: credentials,
  UnrecognizedClientException: credentials,
  SignatureDoesNotMatch: credentials,
  RequestLimitExceeded: throttled,
  Throttling: throttled,
  ThrottlingException: throttled,
  OptInRequired: region,
  TimeoutError: timeout,
  AbortError: timeout,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  ENOTFOUND: unreachable,
  EPIPE: unreachable,
  EAI_AGAIN: unreachable,
};

/** Runs a call of `action` in `scope`; what it throws becomes a PrivatelinkError with AWS's own words and the fix. */
export async function wrapAwsError<T>(action: string, scope: AccountScope, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw thrown instanceof PrivatelinkError ? thrown : toPrivatelinkError(action, scope, thrown);
  }
}

function toPrivatelinkError(action: string, scope: AccountScope, thrown: unknown): PrivatelinkError {
  const { code, transient, fix } = namesOf(thrown).flatMap((name) => meanings[name] ?? [])[0] ?? other;
  const failed = isAssumeRole(thrown) ? 'sts:AssumeRole' : action;
  const where = `source ${scope.source}, account ${scope.account}, region ${scope.region}`;
  const words = messageOf(thrown) || namesOf(thrown)[0];
  return new PrivatelinkError(`${where}: ${failed} failed: ${words}; ${fix(failed, scope)}`, {
    code,
    transient,
    cause: thrown,
  });
}

function namesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return [];
  const code = 'code' in thrown && typeof thrown.code === 'string' ? [thrown.code] : [];
  return [...code, thrown.name];
}

function isAssumeRole(thrown: unknown): boolean {
  return thrown instanceof Error && /sts:AssumeRole|assumed? role/i.test(thrown.message);
}
