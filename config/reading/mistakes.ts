import type { z } from 'zod';
import { type FileProblem, formatFileProblem, PrivatelinkError } from '#core/errors';
import { firstOfEach } from '#core/group-by';

export type KeyPath = readonly PropertyKey[];

/** Line and column count from 1. */
export type Position = { readonly line: number; readonly column: number };

/** A mistake in the configuration. */
export type Mistake = {
  readonly path: KeyPath;
  /** The key itself is wrong, not its value. */
  readonly isKey?: boolean;
  /**
   * The parts of the value contradict each other, or their number is wrong. Its type is no help
   * then.
   */
  readonly isWhole?: boolean;
  /** Absent: the place of the path. */
  readonly position?: Position;
  /** Absent: `fix` says everything. */
  readonly reason?: string;
  readonly fix: string;
};

/** Finds the places of paths in the file. */
export type Sight = {
  readonly positionOf: (mistake: Pick<Mistake, 'path' | 'isKey'>) => Position | undefined;
  /** The value as written, with the names of variables. */
  readonly valueAt: (path: KeyPath) => unknown;
};

const noSight: Sight = { positionOf: () => undefined, valueAt: () => undefined };

export type ConfigFile = {
  /** Absolute. */
  readonly file: string;
  /** The origin of the path: it may be another file than people think. */
  readonly origin: string;
};

/** The keys that a configuration must have. */
export const neededKeys = 'owner, sources and, unless it is for a data plane, controlPlane (or controlPlanes)';

/** Makes the error of a configuration, with all mistakes in the order of the file. */
export function invalidConfig(
  { file, origin }: ConfigFile,
  mistakes: readonly Mistake[],
  sight = noSight,
): PrivatelinkError {
  // Further mistakes at one place mostly follow from the first.
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

/** Translates an issue of the schema, key by key. */
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

/** The few mistakes that come first. */
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

/** Keys of secrets, and keys that may hold secrets: headers, the options of a plugin. */
const secretKeys = /^(headers|config|externalId)$|token|password|secret|key/i;

function isSecret(path: KeyPath): boolean {
  return path.some((key) => typeof key === 'string' && secretKeys.test(key));
}

/** Values that look like secrets, at any key. */
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
