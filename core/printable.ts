/** What moves the cursor, colours, hides, reorders or ends text, but for what gives text its shape: controls, format characters, and Unicode's ends of lines. */
const unprintable = '\\p{Cf}\\p{Zl}\\p{Zp}\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f';
const shape = '\\n\\t';
const inText = new RegExp(`[${unprintable}${shape}]`, 'gu');
/** In JSON, which escapes some of them itself. */
const inJson = new RegExp(`[${unprintable}]|\\\\[^"\\\\]`, 'u');

/** Text of others in one line, as a terminal may get it: what is not printable is shown as JSON escapes it. */
export function printable(text: string): string {
  return text.replace(inText, escaped);
}

/** The same of each text in data that JSON can hold. */
export function printableData<T>(data: T): T {
  const json = JSON.stringify(data);
  // Nearly always; a report may be of ten thousand changes.
  if (!inJson.test(json)) return data;
  return JSON.parse(json, (_, value) => (typeof value === 'string' ? printable(value) : value));
}

/** The same but for what gives text of ours its shape: lines and tabs. */
export const unprintableInLines = new RegExp(`[${unprintable}]`, 'gu');
/** On a terminal the colours of `paint`, and the return before progress, are ours too. */
const own = '^\\r|\\u001b\\[(?:[12]|22|3[1-39])m';
const onTerminal = new RegExp(`(${own})|${unprintableInLines.source}`, 'gu');

/** Lines of ours, whatever text of others slipped into them. What is JSON stays the same value: it is escaped as JSON escapes. */
export function printableLines(text: string, isTerminal: boolean): string {
  if (!isTerminal) return text.replace(unprintableInLines, escaped);
  return text.replace(onTerminal, (match, kept: string | undefined) => kept ?? escaped(match));
}

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** JSON has no escape for a character beyond 16 bits, but for each of its halves. */
function escaped(character: string): string {
  const unitOf = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return named[character] ?? character.split('').map(unitOf).join('');
}

const plain = /^[\w.:/@+-]*$/;

/** Whether a text means itself to a POSIX shell, or is empty. */
export function isPlainWord(text: string): boolean {
  return plain.test(text);
}

/** One word to a POSIX shell, whatever it holds. */
export function shellWord(text: string): string {
  return text !== '' && isPlainWord(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
