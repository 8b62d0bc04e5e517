import { Lexer, Parser } from 'yaml';

/** Its warnings would go to standard error, past the gate there, and they quote the text, which may hold secrets (fm-51). */
export const withoutWarnings = { logLevel: 'error' } as const;

/** Ours have twelve. The parser calls itself at each level; near the end of its stack Node ends the process, which no `catch` sees (fm-45). */
export const mostLevels = 100;

/** What is said of what has more. */
export const tooDeep = `is nested deeper than ${mostLevels} levels`;

/** Why YAML is not even parsed, as in "is nested deeper than 100 levels"; undefined where it may be. */
export function whyTooDeep(yaml: string): string | undefined {
  return mayBeDeep(yaml) && isDeep(yaml) ? tooDeep : undefined;
}

/** What costs nearly as much as parsing: the syntax level by level, for which this parser keeps a stack of its own. */
function isDeep(yaml: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(yaml)) {
    // It does its work while it is asked for what it has finished.
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > mostLevels) return true;
  }
  return false;
}

/** Whether there are as many levels, at a guess that is never too low: by the column where a line begins, brackets left open, and keys. */
function mayBeDeep(yaml: string): boolean {
  let open = 0;
  for (const line of yaml.split('\n')) open += openIn(line) + nestedKeysIn(line);
  return open > mostLevels / 2 || beginsFarRight.test(yaml);
}

/** Each level of a block takes a column at least, `- - a` two, but for a list that stands right below its key. */
const beginsFarRight = new RegExp(`^(?:[ \\t]|[-?:](?=[ \\t])){${mostLevels / 4},}`, 'm');

/** What a line may nest without a column more, as `a: a:` and `&a ? a:` do; nothing, where all that it has is a list's dashes, a key and a plain value. */
function nestedKeysIn(line: string): number {
  return isPlainLine.test(line) ? 0 : 1 + (line.match(/[?:]/g)?.length ?? 0);
}

/** `(?! )` and the like: it takes time in proportion to the line, whatever the line is. */
const isPlainLine =
  /^ *(?! )(?:- +(?! ))*(?:[\w./-]+:(?: +(?! )|$))?(?:[[{][^"'#?:]*|(?:"[^"\\]*"|'[^']*'|[|>][+-]?|(?:[\w~/.+^(]|-(?=\S))(?:[^\s:?"'#]|[:?](?=\S)| (?=\S))*)?\s*)$/;

/** Brackets that the line leaves open; all of them, where some could be text. */
function openIn(line: string): number {
  if (!/[[{]/.test(line)) return 0;
  const isPlain = !/["'#]/.test(line);
  let [open, most] = [0, 0];
  for (const bracket of line.match(/[[\]{}]/g) ?? []) {
    const isOpening = bracket === '[' || bracket === '{';
    if (isOpening) open += 1;
    else if (isPlain && open > 0) open -= 1;
    most = Math.max(most, open);
  }
  return isPlain && most < mostLevels / 4 ? open : most;
}
