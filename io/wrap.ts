/**
 * Breaks the text at spaces into lines of at most so many columns. A longer word (an id, an
 * address) stays whole.
 */
export function wrapWords(text: string, columns: number): readonly string[] {
  if (text.length <= columns) return [text];
  const lines: string[] = [];
  for (const word of text.split(/ +/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Fewer columns than this cannot be read. */
export const fewestColumns = 20;

/**
 * Wraps each line of the text. The rest of a line stands below its last column with enough room
 * (two spaces or more begin a column). The rest of a command stands a step further in.
 */
export function wrapLines(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

function wrapLine(line: string, columns: number): string {
  if (line.length <= columns) return line;
  const starts = [...line.matchAll(/(?<=\S {2,})\S/g)].map(({ index }) => index);
  const column = starts.findLast((start) => columns - start >= fewestColumns);
  const lead = line.search(/\S/);
  const start = line.slice(0, column ?? lead);
  const indent = ' '.repeat(column ?? (lead > 0 || starts.length > 0 ? lead + 2 : 0));
  const [first = '', ...rest] = wrapWords(line.slice(start.length), columns - indent.length);
  return [`${start}${first}`, ...rest.map((more) => `${indent}${more}`)].join('\n');
}

/**
 * Joins each paragraph into one line: a line without the end of a sentence continues in the next,
 * unless either is indented.
 */
export function joinParagraphs(text: string): string {
  return text.replace(/(?<=^\S.*[^.:\n])\n(?=\S)/gm, ' ');
}
