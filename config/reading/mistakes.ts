import type { z } from 'zod';
import { type FileProblem, formatFileProblem, PrivatelinkError } from '#core/errors';
import { firstOfEach } from '#core/group-by';

export type KeyPath = readonly PropertyKey[];

/** Both from 1. */
export type Position = { readonly line: number; readonly column: number };

/** Something in the configuration that cannot be used. */
export type Mistake = {
  readonly path: KeyPath;
  /** The key itself is wrong, and not what it holds. */
  readonly isKey?: boolean;
  /** What it holds does not go together, or is too much or little: that it is a mapping or a list says nothing. */
  readonly isWhole?: boolean;
  /** Absent: where the path leads. */
  readonly position?: Position;
  /** Absent: `fix` says it all. */
  readonly reason?: string;
  readonly fix: string;
};

/** Where paths lead to in the file. */
export type Sight = {
  readonly positionOf: (mistake: Pick<Mistake, 'path' | 'isKey'>) => Position | undefined;
  /** As written, variables as their names. */
  readonly valueAt: (path: KeyPath) => unknown;
};

const noSight: Sight = { positionOf: () => undefined, valueAt: () => undefined };

export type ConfigFile = {
  /** Absolute. */
  readonly file: string;
  /** Who named it: it may be another than people think. */
  readonly origin: string;
};

/** What a configuration has to have. */
export const neededKeys = 'owner, sources and, unless it is for a data plane, controlPlane (or controlPlanes)';

/** The error of a configuration, with all that is wrong about it, in the order of the file. */
export function invalidConfig(
  { file, origin }: ConfigFile,
  mistakes: readonly Mistake[],
  sight = noSight,
): PrivatelinkError {
  // What else is said of a place mostly follows from the first.
  const problems = firstOfEach(mistakes, ({ path, position }) => `${formatPath(path)} ${position?.line}`)
    .map((one) => problemOf(one, file, sight))
    .toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  const reason = [`the configuration is not valid (${origin}):`, ...problems.map(formatFileProblem)].join('\n  ');
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: undefined, problems });
}

function problemOf(mistake: Mistake, file: string, { positionOf, valueAt }: Sight): FileProblem {
  const { path, isKey, isWhole, position = positionOf(mistake), reason, fix } = mistake;
  const held = isKey || isSecret(path) ? undefined : valueAt(path);
  const value = isWhole && typeof held === 'object' ? undefined : shownValue(held);
  const at = formatPath(path);
  const said = reason === undefined ? fix : `${reason}: ${fix}`;
  const message = `${at || 'the file'}: ${said}${value === undefined ? '' : ` (it is ${value})`}`;
  return { file, ...position, ...(at && { path: at }), ...(value !== undefined && { value }), message, fix };
}

/** What an issue of the schema means, key by key. */
export function mistakesOf(issue: z.core.$ZodIssue): readonly Mistake[] {
  const { path } = issue;
  if (path.length === 0 && issue.code === 'invalid_type') return [{ path, fix: `write a mapping with ${neededKeys}` }];
  if (issue.code === 'unrecognized_keys') {
    const said = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], isKey: true, ...partsOf(said[index] ?? '') }));
  }
  const [key] = issue.code === 'invalid_key' ? issue.issues : [];
  const isWhole = issue.code === 'custom' || issue.code === 'too_big' || issue.code === 'too_small';
  return [{ path, isKey: key !== undefined, isWhole, ...partsOf((key ?? issue).message) }];
}

/** The few that say first what is wrong. */
const reasons = /^(is required|unknown key(?: \(did you mean .*\?\))?|same as item \[\d+\]): (.*)$/s;

function partsOf(message: string): Pick<Mistake, 'reason' | 'fix'> {
  const [, reason, fix = message] = reasons.exec(message) ?? [];
  return { reason, fix };
}

/** `sources[0].regions`. */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text ? `${text}.${String(key)}` : String(key);
  }, '');
}

/** Keys of secrets, and of what may hold some: headers, the options of a plugin. */
const secretKeys = /^(headers|config|externalId)$|token|password|secret|key/i;

function isSecret(path: KeyPath): boolean {
  return path.some((key) => typeof key === 'string' && secretKeys.test(key));
}

/** Secrets by their look, wherever somebody put them. */
const secretTexts = /:.*@|^\w?[sp]at_|^(basic|bearer) |-----BEGIN/i;
const mostShown = 60;

function shownValue(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'empty';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  const text = JSON.stringify(value);
  if (typeof value === 'string' && secretTexts.test(value)) return undefined;
  return text.length > mostShown ? `${text.slice(0, mostShown)}…` : text;
}
