import { domainPattern } from '#core/names';
import { type NameAt, questionName } from '../packets/records';

/** What a name below the suffix, or another one, stands for. */
export type NameBelow =
  /** Somebody else answers it. */
  | { readonly is: 'other' }
  /** The suffix itself. */
  | { readonly is: 'suffix' }
  /** There can be no such name below the suffix. */
  | { readonly is: 'none' }
  /** `<domain>.<suffix>`, or the same below `_http._tcp.`; `_tcp.` alone holds nothing, and is between the two. */
  | { readonly is: 'domain' | 'between'; readonly domain: string };

/** What stands before a domain's name, and means the same. */
const prefixes = { '': 'domain', _tcp: 'between', '_http._tcp': 'domain' } as const;

/** Reads a name, in lowercase, below the suffix: both as labels. */
export function readName(labels: readonly string[], suffix: readonly string[]): NameBelow {
  const before = labels.length - suffix.length;
  if (before < 0 || suffix.some((label, index) => labels[before + index] !== label)) return { is: 'other' };
  if (before === 0) return { is: 'suffix' };
  const domain = labels[before - 1] ?? '';
  const prefix = labels.slice(0, before - 1);
  const found = prefix.some((label) => label.includes('.')) ? undefined : prefixOf(prefix.join('.'));
  return found && domainPattern.test(domain) ? { is: found, domain } : { is: 'none' };
}

function prefixOf(text: string): 'domain' | 'between' | undefined {
  return Object.hasOwn(prefixes, text) ? prefixes[text as keyof typeof prefixes] : undefined;
}

/** Where the suffix begins in the question of a name below it. */
export function suffixAt(labels: readonly string[], suffix: readonly string[]): NameAt {
  return labels.slice(0, labels.length - suffix.length).reduce((at, { length }) => at + length + 1, questionName);
}
