import { createContext, Script } from 'node:vm';
import { systemClock } from '#io/clock';

/** Whether a pattern matches. Undefined: not decidable here. */
export type PatternFound = boolean | undefined;

/** Inline flags behind characters that the flags do not affect. They apply to the whole pattern. */
const flagged = /^([^A-Za-z()[\].]*)\(\?([is]+)\)([\s\S]*)$/;

/** Syntax of Rust's regular expressions (Kong's) that JavaScript reads differently or lacks. */
const otherwise = /\[\[:|\\[AzpPxuUQ]|\(\?[a-z-]*[xUuRm-][a-z-]*[:)]|\[[^\]]*(?:&&|--|~~)/;

/** Longer patterns take seconds to screen. Patterns of people have some tens of characters. */
const mostCharacters = 4_096;

/** A foreign pattern may run for ever in JavaScript. In Kong its time grows only with the text. */
const timeoutMs = 200;

const context = createContext(Object.create(null));
const search = new Script('new RegExp(source, flags).test(text)');

/**
 * Searches a text of bytes for a regular expression in Kong's form. `start` is put in front of it.
 */
export function findPattern(pattern: string, text: string, start: '' | '^' = ''): PatternFound {
  if (pattern.length > mostCharacters || otherwise.test(pattern)) return undefined;
  const [, before = '', inline = '', rest = pattern] = flagged.exec(pattern) ?? [];
  const source = start + before + rest.replaceAll('(?P<', '(?<');
  try {
    Object.assign(context, { source, text, flags: [...new Set(inline)].join('') });
    return search.runInContext(context, { timeout: timeoutMs }) === true;
  } catch {
    return undefined;
  }
}

/** Searches for a pattern, as `findPattern` does. */
export type FindPattern = typeof findPattern;

/** Time limit for all patterns of a question. A worker does nothing else in this time. */
const patienceMs = 1_000;

/** Searches for each pattern once. After one second in total the answer is undefined. */
export function createPatternSearch(
  find: FindPattern = findPattern,
  { monotonicMs }: Pick<typeof systemClock, 'monotonicMs'> = systemClock,
): FindPattern {
  const known = new Map<string, PatternFound>();
  let spentMs = 0;
  return (pattern, text, start = '') => {
    const key = JSON.stringify([pattern, text, start]);
    if (known.has(key)) return known.get(key);
    if (spentMs >= patienceMs) return undefined;
    const beganMs = monotonicMs();
    const found = find(pattern, text, start);
    spentMs += monotonicMs() - beganMs;
    known.set(key, found);
    return found;
  };
}
