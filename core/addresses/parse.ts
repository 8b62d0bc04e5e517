/**
 * The only parser of addresses. An address that one layer accepts must not make another one throw
 * (fm-45).
 */

/** The bits of an IP address, 32 to a number: one number for IPv4, four for IPv6. */
export type Words = readonly number[];

/** The longest spelling of an address: eight groups, the last two as IPv4. Characters. */
const maxLength = 45;

/**
 * The one spelling of an IP address. IPv6 has all eight groups, as Kong stores it
 * (kong/db/dao/targets.lua). Undefined for any other text: empty, IPv6 with a zone
 * (`fe80::1%eth0`), numbers out of range or with leading zeros.
 */
export function parseIp(text: string): string | undefined {
  const words = wordsOf(text);
  // IPv4 has only one spelling.
  return words?.length === 1 ? text : words && textOf(words);
}

/** The bits of an IP address; undefined for any other text. */
export function wordsOf(text: string): Words | undefined {
  if (text.length > maxLength) return undefined;
  if (text.includes(':')) return ipv6Of(text);
  const word = ipv4Of(text);
  return word === undefined ? undefined : [word];
}

/** The host of a URL or an address with a port, without the brackets of IPv6. */
export function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}

const dotted = /^(\d|[1-9]\d{1,2})\.(\d|[1-9]\d{1,2})\.(\d|[1-9]\d{1,2})\.(\d|[1-9]\d{1,2})$/;

function ipv4Of(text: string): number | undefined {
  const match = dotted.exec(text);
  if (!match) return undefined;
  const [a, b, c, d] = [Number(match[1]), Number(match[2]), Number(match[3]), Number(match[4])];
  return a < 256 && b < 256 && c < 256 && d < 256 ? ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 : undefined;
}

function ipv6Of(text: string): Words | undefined {
  const halves = withoutIpv4(text).split('::').map(groupsOf);
  const [head, tail] = halves;
  if (!head || halves.length > 2 || halves.includes(undefined)) return undefined;
  if (!tail) return head.length === 8 ? joined(head) : undefined;
  // `::` stands for one group or more.
  const missing = 8 - head.length - tail.length;
  return missing > 0 ? joined([...head, ...Array<number>(missing).fill(0), ...tail]) : undefined;
}

/** The last two groups may be written as IPv4. */
function withoutIpv4(text: string): string {
  const start = text.lastIndexOf(':') + 1;
  const word = ipv4Of(text.slice(start));
  return word === undefined ? text : `${text.slice(0, start)}${textOf([word])}`;
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined;
}

/** Two groups to a word. */
function joined(groups: readonly number[]): Words {
  const words: number[] = [];
  for (let at = 0; at < groups.length; at += 2) words.push((((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0)) >>> 0);
  return words;
}

function textOf(words: Words): string {
  const digits = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return digits.replace(/.{4}(?=.)/g, '$&:');
}
