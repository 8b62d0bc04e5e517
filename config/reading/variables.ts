import { z } from 'zod';
import { fixOf } from '#core/misfits/fixes';
import { formatPath, type KeyPath, type Mistake, mistakesOf } from './mistakes';

export type Env = Readonly<Record<string, string | undefined>>;

/** `$${` is a `${` that names no variable. */
const references = /\$\$\{|\$\{([A-Za-z_]\w*)\}/g;
const wholeReference = /^\$\{[A-Za-z_]\w*\}$/;

export type Filling = {
  readonly env: Env;
  /**
   * Whether the variables of a path must be set. A variable that is neither set nor needed makes
   * its key absent.
   */
  readonly isNeeded: (path: KeyPath) => boolean;
};

type Checked<T> = { readonly data?: T; readonly mistakes: readonly Mistake[] };

/** Replaces `${NAME}` with values of the environment, and checks the result against the schema. */
export function checkFilled<T>(schema: z.ZodType<T>, written: unknown, { env, isNeeded }: Filling): Checked<T> {
  const { value, unset } = fillVariables(written, env);
  const missing = unset.filter(({ path }) => isNeeded(path));
  const absent = new Set(unset.filter(({ path }) => !isNeeded(path)).map(({ path }) => formatPath(path)));
  const parse = () => schema.safeParse(value, { error: fixOf });
  const first = parse();
  const amended = first.error?.issues.filter(
    (issue) => fillTyped(issue, written, value) || (absent.has(formatPath(issue.path)) && setAt(value, issue.path)),
  );
  const { data, error } = amended?.length ? parse() : first;
  return { data, mistakes: [...missing, ...(error?.issues ?? []).flatMap(mistakesOf)] };
}

/** Replaces the variables of each text. An unset variable keeps its name. */
function fillVariables(written: unknown, env: Env): { readonly value: unknown; readonly unset: readonly Mistake[] } {
  const unset: Mistake[] = [];
  const fill = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === 'string') return fillText(value, path);
    if (Array.isArray(value)) return value.map((one, index) => fill(one, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, [...path, key])]));
  };
  const fillText = (text: string, path: KeyPath) => {
    const missing: string[] = [];
    const filled = text.replace(references, (reference, name?: string) => {
      if (name === undefined) return '${';
      const own = Object.hasOwn(env, name) && env[name];
      if (own) return own;
      missing.push(name);
      return reference;
    });
    if (missing.length > 0) unset.push({ path, ...whyUnset(missing) });
    return filled;
  };
  return { value: fill(written, []), unset };
}

function whyUnset(names: readonly string[]): Pick<Mistake, 'reason' | 'fix'> {
  const all = names.join(' and ');
  const reason =
    names.length === 1 ? `environment variable ${all} is not set` : `environment variables ${all} are not set`;
  return { reason, fix: `export ${all}, or write the value another way` };
}

/**
 * A variable that is the whole text may stand for a number, or for true and false, where the schema
 * requires one.
 */
function fillTyped({ code, path }: z.core.$ZodIssue, written: unknown, value: unknown): boolean {
  const text = valueAt(written, path);
  if (code !== 'invalid_type' || typeof text !== 'string' || !wholeReference.test(text)) return false;
  const typed = typedValues.safeParse(valueAt(value, path));
  return typed.success && setAt(value, path, typed.data);
}

const typedValues = z.union([
  z.stringbool({ truthy: ['true'], falsy: ['false'] }),
  z
    .string()
    .regex(/^[+-]?\d+(\.\d+)?$/)
    .transform(Number),
]);

/** Returns the value at a path; undefined: nothing is there. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** Until the check the configuration is a copy that may change. */
function setAt(value: unknown, path: KeyPath, next?: unknown): boolean {
  const key = path.at(-1);
  // The whole file cannot be a variable.
  if (key === undefined) return false;
  (valueAt(value, path.slice(0, -1)) as Record<PropertyKey, unknown>)[key] = next;
  return true;
}
