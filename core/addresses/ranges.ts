import { type Words, wordsOf } from './parse';

/** A range of IP addresses: all addresses with the bits of `words` under the masks. */
export type Range = { readonly words: Words; readonly masks: Words; readonly length: number };

/** Parses a range in CIDR notation (`10.0.0.0/16`, `fd00::/8`); undefined for any other text. */
export function parseRange(text: string): Range | undefined {
  const [address = '', length = '', ...rest] = text.split('/');
  const words = wordsOf(address);
  const isRange = words && rest.length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= words.length * 32;
  return isRange ? { words, masks: masksOf(Number(length), words.length), length: Number(length) } : undefined;
}

function masksOf(length: number, words: number): Words {
  return Array.from({ length: words }, (_, index) => {
    const bits = Math.min(Math.max(length - index * 32, 0), 32);
    return 2 ** 32 - 2 ** (32 - bits);
  });
}

/** Whether the range contains the address. The families must match. */
export function contains({ words, masks }: Range, address: Words): boolean {
  if (words.length !== address.length) return false;
  for (let at = 0; at < words.length; at += 1)
    if ((((words[at] ?? 0) ^ (address[at] ?? 0)) & (masks[at] ?? 0)) !== 0) return false;
  return true;
}

/** Whether all of `inner` lies in `outer`. */
export function liesIn(inner: Range, outer: Range): boolean {
  return inner.length >= outer.length && contains(outer, inner.words);
}

/** Whether two ranges share an address. False when a text is no range. */
export function overlap(one: string, other: string): boolean {
  const a = parseRange(one);
  const b = parseRange(other);
  return a !== undefined && b !== undefined && (liesIn(a, b) || liesIn(b, a));
}
