import { normaliseIp } from '#core/addresses/targets';
import { dispositionOf } from '#core/endpoint-states';
import type { Problem } from '#core/errors';
import { firstOfEach, groupBy } from '#core/group-by';
import type { SeenEndpoint, SeenScope } from '#discovery/seen/model';

/** The addresses of a name in DNS, or the reason for no answer. */
export type Resolved = readonly string[] | Problem;

export type UnreadScope = SeenScope & { readonly status: 'unknown' };

/** AWS's endpoints, by everything that may lead to them. */
export type EndpointIndex = {
  readonly byId: ReadonlyMap<string, SeenEndpoint>;
  readonly byIp: ReadonlyMap<string, readonly SeenEndpoint[]>;
  /** By DNS name, in lower case; `*.` at the front stands for each name below. */
  readonly byName: ReadonlyMap<string, readonly SeenEndpoint[]>;
  readonly unknown: readonly UnreadScope[];
  /** DNS's answers for names that no endpoint has. */
  readonly resolved: ReadonlyMap<string, Resolved>;
};

/**
 * Indexes endpoints. An endpoint that two sources read is one endpoint. Names and addresses of a
 * removed endpoint lead nowhere, but its id still leads to its state.
 */
export function indexEndpoints(scopes: readonly SeenScope[], resolved: ReadonlyMap<string, Resolved>): EndpointIndex {
  const seen = scopes.flatMap((one) => (one.status === 'known' ? one.endpoints : []));
  const endpoints = firstOfEach(seen, ({ id }) => id);
  const there = endpoints.filter(({ state }) => dispositionOf(state) !== 'remove');
  return {
    byId: new Map(endpoints.map((one) => [one.id, one])),
    byIp: byEach(there, ({ addresses }) => addresses.map(({ ip }) => normaliseIp(ip))),
    byName: byEach(there, ({ dnsNames }) => dnsNames.map(spellName)),
    unknown: scopes.filter((one) => one.status === 'unknown'),
    resolved,
  };
}

/** Returns a DNS name in lower case, without the dot at its end. */
export function spellName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * Returns the endpoints with this DNS name (spelled by `spellName`), or with a star that matches.
 */
export function endpointsNamed(name: string, { byName }: EndpointIndex): readonly SeenEndpoint[] {
  const labels = name.split('.');
  const stars = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`);
  return [name, ...stars].map((one) => byName.get(one) ?? []).find((found) => found.length > 0) ?? [];
}

function byEach(
  endpoints: readonly SeenEndpoint[],
  keysOf: (endpoint: SeenEndpoint) => readonly string[],
): ReadonlyMap<string, readonly SeenEndpoint[]> {
  const pairs = endpoints.flatMap((endpoint) => [...new Set(keysOf(endpoint))].map((key) => ({ key, endpoint })));
  const groups = [...groupBy(pairs, ({ key }) => key)];
  return new Map(groups.map(([key, group]) => [key, group.map(({ endpoint }) => endpoint)]));
}
