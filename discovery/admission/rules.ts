import { parseIp } from '#core/addresses/parse';
import type { Endpoint } from '#core/model';
import { domainPattern } from '#core/names';
import { withoutTrailingSlash } from '#core/paths';
import { factsOf } from '#core/protocols';

/** What an endpoint claims. */
export type Claim = Pick<Endpoint, 'domain' | 'protocol' | 'port' | 'host' | 'paths' | 'weight'>;

type Rule = {
  readonly field: keyof Claim;
  /** What to write instead. */
  readonly fix: string;
  readonly holds: (claim: Claim) => boolean;
};

/** A tag value holds 256 characters (AWS). More paths in one value are a mistake. */
const maxPaths = 20;

/**
 * The rules for a claim, whether tags, the configuration or a snapshot make it (fm-50). No text
 * that passes holds `{`: decK would read it as part of a template.
 */
const rules: readonly Rule[] = [
  {
    field: 'domain',
    fix: 'use lowercase letters, digits and dashes, at most 63',
    holds: ({ domain }) => domainPattern.test(domain),
  },
  { field: 'port', fix: 'use a port from 1 to 65535', holds: ({ port }) => isWhole(port, 1) },
  { field: 'weight', fix: 'use a weight from 0 to 65535', holds: ({ weight }) => isWhole(weight, 0) },
  {
    field: 'host',
    fix: 'use a host name without scheme, port or path',
    holds: ({ host }) => host === undefined || isHost(host),
  },
  {
    field: 'host',
    fix: "name the host of the provider's certificate: https and grpcs need it",
    holds: ({ host, protocol }) => host !== undefined || !factsOf(protocol).isTls,
  },
  {
    field: 'host',
    fix: 'use a name: Kong asks for it in TLS, where an address cannot stand',
    holds: ({ host, protocol }) => protocol !== 'https' || !isNumeric(host),
  },
  {
    field: 'paths',
    fix: 'name the path of the service, such as /package.Service: grpc and grpcs paths are not stripped',
    holds: ({ paths, protocol }) => paths.length > 0 || !factsOf(protocol).isGrpc,
  },
  {
    field: 'paths',
    fix: `use at most ${maxPaths} plain paths such as /todo, separated by spaces, each of at most 256 characters`,
    holds: ({ paths }) => paths.length <= maxPaths && paths.every(isPath),
  },
];

/** The first rule that a claim breaks. */
export function brokenRule(claim: Claim): Pick<Rule, 'field' | 'fix'> | undefined {
  return rules.find((rule) => !rule.holds(claim));
}

/** Returns the claim in one spelling, so that claims compare as text. */
export function spellClaim<T extends Pick<Claim, 'host' | 'paths'>>(claim: T): T {
  const paths = [...new Set(claim.paths.map(withoutTrailingSlash))];
  // An undefined `host` would differ from the stored claim, which has no such key.
  return claim.host === undefined ? { ...claim, paths } : { ...claim, paths, host: claim.host.toLowerCase() };
}

function isWhole(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least && value <= 65_535;
}

function isHost(text: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const isNamed = text.length <= 253 && text.split('.').every((part) => label.test(part));
  return isNamed && (!isNumeric(text) || parseIp(text) !== undefined);
}

/**
 * Kong reads such a text as an IPv4 address, and refuses the upstream when it is not a valid one.
 */
function isNumeric(text: string | undefined): boolean {
  return text !== undefined && /^[\d.]+$/.test(text);
}

/**
 * Characters that RFC 3986 allows in a path, without `,` and `%`. No segment may read as another
 * path, because claims are compared as text.
 */
function isPath(text: string): boolean {
  return /^\/[A-Za-z0-9._~!$&'()*+;=:@/-]{0,255}$/.test(text) && !/\/\/|\/\.{1,2}(\/|$)/.test(text);
}
