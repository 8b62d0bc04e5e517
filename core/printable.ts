/**
 * Characters that move the cursor, colour, hide, reorder or end text: controls, format characters
 * and Unicode's line ends. Line feed and tab are not among them.
 */
const unprintable = '\\p{Cf}\\p{Zl}\\p{Zp}\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f';
const shape = '\\n\\t';
const inText = new RegExp(`[${unprintable}${shape}]`, 'gu');
/** The same in JSON, which escapes some of them. */
const inJson = new RegExp(`[${unprintable}]|\\\\[^"\\\\]`, 'u');

/**
 * Returns text of others in one line, safe for a terminal: characters that are not printable are
 * escaped as in JSON.
 */
export function printable(text: string): string {
  return text.replace(inText, escaped);
}

/** Does the same for each text in data that JSON can hold. */
export function printableData<T>(data: T): T {
  const json = JSON.stringify(data);
  // The usual case is fast: a report may have ten thousand changes.
  if (!inJson.test(json)) return data;
  return JSON.parse(json, (_, value) => (typeof value === 'string' ? printable(value) : value));
}

/** The same without lines and tabs, which shape the product's own text. */
export const unprintableInLines = new RegExp(`[${unprintable}]`, 'gu');
/**
 * On a terminal, the colours of `paint` and the carriage return before progress are the product's
 * own.
 */
const own = '^\\r|\\u001b\\[(?:[12]|22|3[1-39])m';
const onTerminal = new RegExp(`(${own})|${unprintableInLines.source}`, 'gu');

/**
 * Makes lines of the product safe where text of others is in them. JSON keeps its value, because
 * the escapes are those of JSON.
 */
export function printableLines(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text.replace(unprintableInLines, escaped);
  return text.replace(onTerminal, (match, kept: string | undefined) => kept ?? escaped(match));
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** JSON escapes a character beyond 16 bits as two halves. */
function escaped(character: string): string {
  const unitOf = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return named[character] ?? character.split('').map(unitOf).join('');
}

const plain = /^[\w.:/@+-]*$/;

/** Whether a POSIX shell takes the text literally, or the text is empty. */
export function isPlainWord(text: string): boolean {
  return plain.test(text);
}

/** Quotes the text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return text !== '' && isPlainWord(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
