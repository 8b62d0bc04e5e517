import { errorMessages } from './messages/errors';

/** Why something cannot be used, naming it and its value, and what to do about it: who gives a value, or says why not, gives `T | Problem`. */
export type Problem = { readonly reason: string; readonly fix: string };

/** Tells a problem from a value. No value of the product has a `fix`. */
export function isProblem<T extends object>(given: T): given is Extract<T, Problem> {
  return 'fix' in given;
}

/** A problem as people read it. */
export function formatProblem({ reason, fix }: { readonly reason: string; readonly fix?: string }): string {
  return fix === undefined ? reason : `${reason}; ${fix}`;
}

/** One of the problems of a file that people wrote, as `--json` tells it. */
export type FileProblem = {
  readonly file: string;
  /** Both from 1; absent: nowhere in particular. */
  readonly line?: number;
  readonly column?: number;
  /** Which key: `sources[0].regions`; absent: the file as a whole. */
  readonly path?: string;
  /** What stands there, as JSON; absent where it may be a secret, or where nothing stands. */
  readonly value?: string;
  /** What people read: what is wrong, and what to do about it. */
  readonly message: string;
  readonly fix: string;
};

/** `FILE:LINE:COLUMN: message`; editors and terminals open the first part. */
export function formatFileProblem({ file, line, column, message }: FileProblem): string {
  return `${[file, line, column].filter((part) => part !== undefined).join(':')}: ${message}`;
}

/** Stable codes, from the registry of messages. Exit codes belong to the command line, not to errors. */
export type ErrorCode = keyof typeof errorMessages;

export const errorCodes = Object.keys(errorMessages) as readonly ErrorCode[];

export type ErrorDetails = {
  readonly code: ErrorCode;
  /** What to do about it; undefined where nobody can do anything, or where the reason lists several, each with its own. */
  readonly fix: string | undefined;
  readonly cause?: unknown;
  /** What `reason` lists. */
  readonly problems?: readonly FileProblem[];
  /** Milliseconds that the other side asks to wait. */
  readonly retryAfterMs?: number;
  /** Ids of the entities that the other side found invalid, where it names them. */
  readonly refusedIds?: readonly string[];
  /** The other side's own words, as far as they are quoted. */
  readonly said?: string;
};

/** The one error of the product: `message` says what and where, and how to fix it. */
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

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The same in one line, also where it lists problems below each other. */
export function messageLineOf(thrown: unknown): string {
  return messageOf(thrown)
    .replace(/:\n\s*/g, ': ')
    .replace(/\n\s*/g, '; ');
}

/** More of what somebody else says helps nobody, and fills the log (fm-54). */
const mostQuoted = 4_000;

/** What somebody else says, as far as a message quotes it. */
export function quoteOf(text: string): string {
  return text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text;
}

/** What is said of an answer that redirects, without what may be secret in the address; undefined for another status. Nobody follows it: a token would go wherever it leads. */
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

/** The code of what was thrown, by Node most likely; undefined where it has none. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether what was thrown has one of these codes. */
export function hasCode(thrown: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(thrown);
  return code !== undefined && codes.includes(code);
}

/** What zod gives of what does not fit, as far as it is told. */
type Misfit = { readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[] };

/** The first field that does not fit, and why; `whole` is the name of what was parsed, where it is no single field. */
export function misfitOf({ issues: [issue] }: Misfit, whole: string): string {
  return `${issue?.path.join('.') || whole}: ${issue?.message}`;
}
