/** Unquoted words that decK's YAML 1.1 (go-yaml v2) does not read as texts. */
const words: ReadonlyMap<string, boolean | null> = new Map([
  ...['y', 'Y', ...cased('yes'), ...cased('true'), ...cased('on')].map((word) => [word, true] as const),
  ...['n', 'N', ...cased('no'), ...cased('false'), ...cased('off')].map((word) => [word, false] as const),
  ...['', '~', ...cased('null')].map((word) => [word, null] as const),
]);
const integer = /^([-+]?)(0b[01]+|0o?[0-7]+|0x[0-9a-f]+)$/i;
const decimal = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:e[-+]?[0-9]+)?$/i;
const notFinite = /^(?:\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF))$/;

/**
 * The value that decK reads from a plain scalar. Throws an Error for a number that JSON cannot
 * hold.
 */
export function plainValue(text: string): string | number | boolean | null {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (notFinite.test(text)) throw new Error(`decK takes no ${text}; write a number, or a text in quotes`);
  const digits = text.replaceAll(/^[-+0-9]/.test(text) ? /_/g : /(?<=[0-9])_(?=[0-9])/g, '');
  const number = integerOf(digits) ?? (decimal.test(digits) ? Number(digits) : undefined);
  return number !== undefined && Number.isFinite(number) ? number : text;
}

/**
 * A number of 64 bits with a base. decK reads no longer ones, but a longer octal number as decimal.
 */
function integerOf(digits: string): number | undefined {
  const [, sign, prefixed] = integer.exec(digits) ?? [];
  if (prefixed === undefined) return undefined;
  const value = BigInt(prefixed.replace(/^0(?=[0-7])/, '0o').toLowerCase());
  return value > (sign ? 2n ** 63n : 2n ** 64n - 1n) ? undefined : Number(`${sign}1`) * Number(value);
}

/** The three spellings of a word in YAML 1.1. */
function cased(word: string): readonly string[] {
  return [word, word.charAt(0).toUpperCase() + word.slice(1), word.toUpperCase()];
}
