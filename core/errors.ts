/** Codes are stable: people alert on them. Exit codes belong to the command line, not to errors. */
export type ErrorCode =
  | 'CONFIG_MISSING'
  | 'CONFIG_INVALID'
  | 'CREDENTIALS'
  | 'OTHER_ACCOUNT'
  | 'ACCESS_DENIED'
  | 'THROTTLED'
  | 'TIMEOUT'
  | 'BAD_ANSWER'
  | 'UNCONFIRMED'
  | 'UNREACHABLE'
  | 'REGION'
  | 'AWS'
  | 'CONTROL_PLANE_AUTH'
  | 'CONTROL_PLANE_UNKNOWN'
  | 'CONTROL_PLANE'
  | 'RATE_LIMITED'
  | 'REJECTED'
  | 'STATE';

export type ErrorDetails = {
  readonly code: ErrorCode;
  /** Worth trying again without anybody changing anything. */
  readonly transient: boolean;
  readonly cause?: unknown;
  /** Milliseconds that the other side asks to wait. */
  readonly retryAfterMs?: number;
  /** Ids of the entities that the other side found invalid, where it names them. */
  readonly refusedIds?: readonly string[];
};

/** The one error of the product: `message` says what, where and how to fix it. */
export class PrivatelinkError extends Error {
  override readonly name = 'PrivatelinkError';
  readonly code: ErrorCode;
  readonly transient: boolean;
  readonly retryAfterMs?: number;
  readonly refusedIds: readonly string[];

  constructor(message: string, details: ErrorDetails) {
    super(message, { cause: details.cause });
    this.code = details.code;
    this.transient = details.transient;
    this.retryAfterMs = details.retryAfterMs;
    this.refusedIds = details.refusedIds ?? [];
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Whether what was thrown, by Node most likely, has one of these codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return false;
  return typeof thrown.code === 'string' && codes.includes(thrown.code);
}
