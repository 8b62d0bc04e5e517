import { errorMessages } from './messages/errors';

/**
 * Why a value cannot be used, and what to do. `reason` names the value. A function that returns a
 * value or a problem returns `T | Problem`.
 */
export type Problem = { readonly reason: string; readonly fix: string };

/** Whether this is a problem. No value of the product has a `fix`. */
export function isProblem<T extends object>(given: T): given is Extract<T, Problem> {
  return 'fix' in given;
}

/** Formats a problem for people. */
export function formatProblem({ reason, fix }: { readonly reason: string; readonly fix?: string }): string {
  return fix === undefined ? reason : `${reason}; ${fix}`;
}

/** One problem of a file that people wrote, as `--json` prints it. */
export type FileProblem = {
  readonly file: string;
  /** Line and column count from 1; absent: the problem has no place. */
  readonly line?: number;
  readonly column?: number;
  /** Which key: `sources[0].regions`; absent: the file as a whole. */
  readonly path?: string;
  /** The value as JSON; absent where it may be a secret, or where no value is. */
  readonly value?: string;
  /** For people: what is wrong, and what to do. */
  readonly message: string;
  readonly fix: string;
};

/** `FILE:LINE:COLUMN: message`; editors and terminals open the first part. */
export function formatFileProblem({ file, line, column, message }: FileProblem): string {
  return `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`;
}

/**
 * Stable codes, from the registry of messages. Exit codes belong to the command line, not to
 * errors.
 */
export type ErrorCode = keyof typeof errorMessages;

export const errorCodes = Object.keys(errorMessages) as readonly ErrorCode[];

export type ErrorDetails = {
  readonly code: ErrorCode;
  /**
   * What to do; undefined where nobody can do anything, or where each problem in the reason has its
   * own fix.
   */
  readonly fix: string | undefined;
  readonly cause?: unknown;
  /** The problems that `reason` lists. */
  readonly problems?: readonly FileProblem[];
  /** Milliseconds that the other side asks to wait. */
  readonly retryAfterMs?: number;
  /** Ids of the entities that the other side found invalid, where it names them. */
  readonly refusedIds?: readonly string[];
  /** The other side's own words, as far as they are quoted. */
  readonly said?: string;
};

/** The only error class of the product. `message` says what happened, where, and what to do. */
export class PrivatelinkError extends Error {
  override readonly name = 'PrivatelinkError';
  readonly reason: string;
  readonly fix: string | undefined;
  readonly code: ErrorCode;
  /** Follows from the code. */
  readonly transient: boolean;
  readonly retryAfterMs?: number;
  readonly refusedIds: readonly string[];
  readonly problems: readonly FileProblem[];
  readonly said?: string;

  constructor(reason: string, { code, fix, cause, retryAfterMs, refusedIds = [], problems = [], said }: ErrorDetails) {
    super(formatProblem({ reason, fix }), { cause });
    this.reason = reason;
    this.fix = fix;
    this.code = code;
    this.transient = errorMessages[code].transient;
    this.retryAfterMs = retryAfterMs;
    this.refusedIds = refusedIds;
    this.problems = problems;
    this.said = said;
  }
}

/** Returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Returns the message in one line, even where it lists problems on several lines. */
export function messageLineOf(thrown: unknown): string {
  return messageOf(thrown)
    .replace(/:\n\s*/g, ': ')
    .replace(/\n\s*/g, '; ');
}

/** Characters. A longer quotation helps nobody, and fills the log (fm-54). */
const mostQuoted = 4_000;

/** Cuts text of others to the length that a message quotes. */
export function quoteOf(text: string): string {
  return text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text;
}

/**
 * Describes an answer that redirects, without query and user of its address, which may be secret;
 * undefined for another status. The product follows no redirect, because the token would go to the
 * new address.
 */
export function redirectWords(status: number, location: string | undefined): string | undefined {
  if (status < 300 || status >= 400) return undefined;
  return `it redirects ${location ? `to ${placeOf(location)}` : 'and does not say where to'}`;
}

function placeOf(location: string): string {
  const path = location.replace(/[?#].*$/s, '');
  if (!URL.canParse(path)) return quoteOf(path);
  const { origin, pathname } = new URL(path);
  return quoteOf(`${origin}${pathname}`);
}

/** Returns the code of what was thrown, mostly a code of Node; undefined where it has none. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether what was thrown has one of these codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(thrown);
  return code !== undefined && codes.includes(code);
}

/** The part of zod's error that messages use. */
type Misfit = { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };

/**
 * Names the first field that does not fit, and why. `whole` names the parsed value where no field
 * is to blame.
 */
export function misfitOf({ issues: [issue] }: Misfit, whole: string): string {
  return `${issue?.path.join('.') || whole}: ${issue?.message}`;
}
