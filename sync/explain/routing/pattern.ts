import { createContext, Script } from 'node:vm';

/** Whether a pattern is found; undefined: nobody here can tell. */
export type PatternFound = boolean | undefined;

/** Flags behind what they change nothing of count for all of the pattern. */
const flagged = /^([^A-Za-z()[\].]*)\(\?([is]+)\)([\s\S]*)$/;

/** What Rust's regular expressions, which are Kong's, read otherwise than those of JavaScript, or JavaScript does not have. */
const otherwise = /\[\[:|\\[AzpPxuUQ]|\(\?[a-z-]*[xUuRm-][a-z-]*[:)]|\[[^\]]*(?:&&|--|~~)/;

/** A pattern of somebody else may take for ever; Kong's take a time that grows with the text alone. */
const timeoutMs = 200;

const context = createContext(Object.create(null));
const search = new Script('new RegExp(source, flags).test(text)');

/** Looks for a regular expression as Kong writes it in a text of bytes; `start` stands before it. */
export function findPattern(pattern: string, text: string, start: '' | '^' = ''): PatternFound {
  if (otherwise.test(pattern)) return undefined;
  const [, before = '', inline = '', rest = pattern] = flagged.exec(pattern) ?? [];
  const source = start + before + rest.replaceAll('(?P<', '(?<');
  try {
    Object.assign(context, { source, text, flags: [...new Set(inline)].join('') });
    return search.runInContext(context, { timeout: timeoutMs }) === true;
  } catch {
    return undefined;
  }
}
