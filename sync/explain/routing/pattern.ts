import { createContext, Script } from 'node:vm';
import { systemClock } from '#io/clock';

/** Whether a pattern is found; undefined: nobody here can tell. */
export type PatternFound = boolean | undefined;

/** Flags behind what they change nothing of count for all of the pattern. */
const flagged = /^([^A-Za-z()[\].]*)\(\?([is]+)\)([\s\S]*)$/;

/** What Rust's regular expressions, which are Kong's, read otherwise than those of JavaScript, or JavaScript does not have. */
const otherwise = /\[\[:|\\[AzpPxuUQ]|\(\?[a-z-]*[xUuRm-][a-z-]*[:)]|\[[^\]]*(?:&&|--|~~)/;

/** In a longer one the screening itself takes seconds, and people's have some tens of characters. */
const mostCharacters = 4_096;

/** A pattern of somebody else may take for ever; Kong's take a time that grows with the text alone. */
const timeoutMs = 200;

const context = createContext(Object.create(null));
const search = new Script('new RegExp(source, flags).test(text)');

/** Looks for a regular expression as Kong writes it in a text of bytes; `start` stands before it. */
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

/** Looks for patterns as `findPattern` does. */
export type FindPattern = typeof findPattern;

/** For all patterns of a question: a worker does nothing else meanwhile. */
const patienceMs = 1_000;

/** Looks for each pattern once, until together they took a second; nobody can tell of the others then. */
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
