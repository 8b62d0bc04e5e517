/** Columns of prose in Markdown and of comments, with their indentation. */
export const mostColumns = 100;

/** What begins a line and cannot stand alone: indentation, marks of quotes, lists and comments. */
const lead = /^\s*(?:(?:[-*+>]|\d+\.|\/\/|\/?\*+|--)\s+)*/;

const oneLink = /^\S*\[[^\]]*\]\([^)]*\)\S*$/;

/** Whether a line is too wide although somebody could break it. */
export function isTooWide(line: string): boolean {
  if (columnsOf(line) <= mostColumns) return false;
  const start = lead.exec(line)?.[0].length ?? 0;
  const content = line.slice(start).trimEnd();
  return (
    !oneLink.test(content) &&
    /\s/.test(
      [...line]
        .slice(0, mostColumns + 1)
        .join('')
        .slice(start),
    )
  );
}

/** The end of a line of Windows takes no column. */
export function columnsOf(line: string): number {
  return [...line.replace(/\r$/, '')].length;
}
