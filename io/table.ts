import { printable } from '#core/printable';
import { wrapWords } from './wrap';

const gap = '  ';
/** Begins a text below its row. */
const indent = '    ';
/** A text in fewer columns than this is a tower of words. */
const fewestOfText = 16;
/**
 * A longer word (a URL, an ARN) puts the last cell of its own row below the row; other rows stay.
 */
const longestBeside = 30;

type Row = readonly string[];

/**
 * Pads columns to their widest cell, two spaces apart, except the last column. A row is one line,
 * unless the table must fit `columns`.
 */
export function formatTable(head: Row, rows: readonly Row[], columns?: number): string {
  return formatRows(head, rows, columns)
    .map((row) => `${row}\n`)
    .join('');
}

/**
 * Returns the head and the rows of a table, each without its last end of line. A cell too wide for
 * `columns` wraps within its column, or stands below its row. Nothing is cut.
 */
export function formatRows(head: Row, given: readonly Row[], columns = Number.POSITIVE_INFINITY): readonly string[] {
  const rows = [head, ...given.map((row) => row.map(printable))];
  const widest = (measure: (cell: string) => number) =>
    head.map((_, column) => rows.reduce((most, row) => Math.max(most, measure(row[column] ?? '')), 0));
  const least = widest(leastOf).map((width, column) =>
    column === head.length - 1 ? Math.min(width, longestBeside) : width,
  );
  const beside = head.findLastIndex((_, column) => column === 0 || totalOf(least.slice(0, column + 1)) <= columns) + 1;
  const widths = narrowed(widest((cell) => cell.length).slice(0, beside), least, columns);
  return rows.map((row) => {
    const isTooWide = longestWord(row[beside - 1] ?? '') > (widths[beside - 1] ?? 0);
    const count = isTooWide ? beside - 1 : beside;
    const below = row.slice(count).flatMap((cell) => wrapWords(cell, columns - indent.length));
    return [...linesOf(row, widths.slice(0, count)), ...below.map((line) => `${indent}${line}`)].join('\n');
  });
}

/** The fewest columns of a cell. */
function leastOf(cell: string): number {
  return Math.max(longestWord(cell), Math.min(cell.length, fewestOfText));
}

function longestWord(cell: string): number {
  return cell.split(' ').reduce((most, word) => Math.max(most, word.length), 0);
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + gap.length, -gap.length);
}

/** The widest column that can shrink gives way, until all fit. */
function narrowed(natural: readonly number[], least: readonly number[], columns: number): readonly number[] {
  const widths = [...natural];
  for (let over = totalOf(widths) - columns; over > 0; over -= 1) {
    const spare = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
    const most = Math.max(...spare);
    if (most === 0) return widths;
    widths[spare.indexOf(most)] = most - 1;
  }
  return widths;
}

function linesOf(row: Row, widths: readonly number[]): Row {
  const cells = widths.map((width, column) => wrapWords(row[column] ?? '', width));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, column) => (lines[line] ?? '').padEnd(column === cells.length - 1 ? 0 : (widths[column] ?? 0)))
      .join(gap)
      .trimEnd(),
  );
}
