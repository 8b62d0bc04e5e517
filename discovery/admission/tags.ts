import type { TagKeys } from '#config/schema';
import type { Problem } from '#core/errors';
import { factsOf, isProtocol } from '#core/protocols';
import { brokenRule, type Claim, spellClaim } from './rules';

export type Tags = ReadonlyMap<string, string>;

/** How messages name the value under a key. */
export type CallKey = (key: string) => string;

export const callTag: CallKey = (key) => `tag ${key}`;

/**
 * Reads the tags that `keys` names, with the defaults of docs/setup.md. Returns the first problem.
 */
export function parseTags(tags: Tags, keys: TagKeys, call = callTag): Claim | Problem {
  const read = (name: keyof TagKeys) => tags.get(keys[name])?.trim() || undefined;
  const problemOf = (name: keyof TagKeys, fix: string): Problem => {
    const value = tags.get(keys[name]);
    return { reason: `${call(keys[name])} is ${value === undefined ? 'absent' : JSON.stringify(value)}`, fix };
  };
  const protocol = read('protocol') ?? 'http';
  if (!isProtocol(protocol)) return problemOf('protocol', 'use http, https, grpc or grpcs');
  const claim = {
    domain: read('domain') ?? '',
    protocol,
    port: parseNumber(read('port'), factsOf(protocol).port),
    weight: parseNumber(read('weight'), 100),
    host: read('host'),
    paths: (read('path') ?? '').split(/\s+/).filter(Boolean),
  };
  const broken = brokenRule(claim);
  return broken ? problemOf(broken.field === 'paths' ? 'path' : broken.field, broken.fix) : spellClaim(claim);
}

/** A whole number of digits only. Any other text becomes NaN, which no tag allows. */
function parseNumber(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  return /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
}
