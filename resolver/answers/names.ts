import { domainPattern } from '#core/names';
import { type NameAt, questionName } from '../packets/records';

/** The meaning of a name, below the suffix or elsewhere. */
export type NameBelow =
  /** Another server answers the name. */
  | { readonly is: 'other' }
  /** The suffix itself. */
  | { readonly is: 'suffix' }
  /** No such name can exist below the suffix. */
  | { readonly is: 'none' }
  /**
   * `<domain>.<suffix>`, or the same below `_http._tcp.`. The name with `_tcp.` alone is between
   * the two and holds nothing.
   */
  | { readonly is: 'domain' | 'between'; readonly domain: string };

/** Prefixes of a domain's name, with their meaning. */
const prefixes = { '': 'domain', _tcp: 'between', '_http._tcp': 'domain' } as const;

/** Reads a lower-case name below the suffix. Both are labels. */
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

/** The place of the suffix in the question of a name below it. */
export function suffixAt(labels: readonly string[], suffix: readonly string[]): NameAt {
  return labels.slice(0, labels.length - suffix.length).reduce((at, { length }) => at + length + 1, questionName);
}
