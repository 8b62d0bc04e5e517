import { type Words, wordsOf } from './parse';
import { contains, liesIn, parseRange, type Range } from './ranges';

/** The purpose of an address. */
export type AddressKind =
  | 'metadata'
  | 'unspecified'
  | 'loopback'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'private'
  | 'public';

/**
 * The first range with an address decides its kind. AWS has metadata addresses for instances, tasks
 * and pods.
 */
const texts: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['metadata', ['169.254.169.254/32', '169.254.170.2/32', '169.254.170.23/32', 'fd00:ec2::/32']],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast', ['255.255.255.255/32']],
  // RFC 1918, RFC 6598 (shared) and RFC 4193 (unique local).
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']],
];

const kinds = texts.flatMap(([kind, list]) => rangesOf(list).map((range) => ({ kind, range })));
/** A pass judges ten thousand addresses, each only by the ranges of its own family. */
const kindsOfIpv4 = kinds.filter(({ range }) => range.words.length === 1);

/** IPv6 ranges with an IPv4 address in the last word: mapped, compatible, and NAT64. */
const embedding = rangesOf(['::ffff:0:0/96', '::/96', '64:ff9b::/96']);

function rangesOf(list: readonly string[]): readonly Range[] {
  return list.flatMap((text) => parseRange(text) ?? []);
}

/**
 * The kind of an IP address. IPv4 inside IPv6 has the kind of its IPv4 address. Undefined for any
 * other text.
 */
export function kindOf(ip: string): AddressKind | undefined {
  const words = wordsOf(ip);
  return words && kindOfWords(words);
}

function kindOfWords(words: Words): AddressKind {
  const found = (words.length === 1 ? kindsOfIpv4 : kinds).find(({ range }) => contains(range, words));
  if (found) return found.kind;
  const embedded = embeddedIn(words);
  return embedded ? kindOfWords(embedded) : 'public';
}

/** The IPv4 address inside an IPv6 address, if there is one. */
export function embeddedIn(words: Words): Words | undefined {
  return embedding.some((range) => contains(range, words)) ? words.slice(3) : undefined;
}

/**
 * The one kind of all addresses of a range. Undefined when the range spans several kinds, or is
 * public.
 */
export function kindOfRange(range: Range): AddressKind | undefined {
  return kinds.find((one) => liesIn(range, one.range))?.kind;
}
