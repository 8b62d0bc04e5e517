import { compareAge, pathsOf } from '../addresses/targets';
import { groupBy } from '../group-by';
import { hostOf } from '../host-header';
import type { Endpoint, Quarantined } from '../model';
import type { Incumbent, Incumbents } from './incumbents';

export type Settled = { readonly endpoints: readonly Endpoint[]; readonly quarantined: readonly Quarantined[] };

/**
 * In each domain one endpoint decides protocol, host and paths. Endpoints that disagree are
 * quarantined. `claimants` are ordered by age. These candidates decide, in this order: the oldest
 * that agrees with the settings in use, endpoints in use first; the oldest endpoint in use, with
 * changed tags; without endpoints in use, the oldest. When all endpoints in use are out of sight,
 * nobody decides, and their settings stay.
 */
export function settleDisagreements(claimants: readonly Endpoint[], incumbents: Incumbents): Settled {
  const settled = [...groupBy(claimants, (one) => one.domain)].map(([domain, group]) =>
    settleDomain(group, incumbents.get(domain)),
  );
  return {
    endpoints: settled.flatMap((one) => one.endpoints).sort(compareAge),
    quarantined: settled.flatMap((one) => one.quarantined),
  };
}

function settleDomain(group: readonly Endpoint[], incumbent: Incumbent | undefined): Settled {
  const leader = leaderOf(group, incumbent);
  const reference = leader ? settingsOf(leader) : inUse(incumbent);
  const said = leader ? `endpoint ${leader.id}, which decides, says` : 'what is in use says';
  const endpoints: Endpoint[] = [];
  const quarantined: Quarantined[] = [];
  for (const endpoint of group) {
    const difference = differenceOf(settingsOf(endpoint), reference, said);
    if (difference) quarantined.push(disagreement(endpoint, difference, leader));
    else endpoints.push(endpoint);
  }
  return { endpoints, quarantined };
}

function leaderOf(group: readonly Endpoint[], incumbent: Incumbent | undefined): Endpoint | undefined {
  const [oldest] = group;
  if (!incumbent) return oldest;
  const inUseStill = group.filter((one) => incumbent.endpointIds.has(one.id));
  const agreeing = [...inUseStill, ...group].find((one) => !differenceOf(settingsOf(one), inUse(incumbent), ''));
  if (agreeing) return agreeing;
  if (incumbent.endpointIds.size === 0) return oldest;
  return incumbent.isUncertain ? undefined : inUseStill[0];
}

/** The settings that a domain's endpoints must share, as text; absent: any value. */
type Settings = Readonly<Partial<Record<'protocol' | 'host' | 'path', string>>>;

function settingsOf(endpoint: Endpoint): Required<Settings> {
  const { protocol, paths } = endpoint;
  return {
    protocol,
    host: hostOf(endpoint),
    path: textOf(pathsOf(endpoint), paths.length === 0),
  };
}

function inUse(incumbent: Incumbent | undefined): Settings {
  return {
    protocol: incumbent?.protocol,
    host: incumbent?.host,
    path: incumbent?.route && textOf(incumbent.route.paths, incumbent.route.stripPath),
  };
}

function textOf(paths: readonly string[], stripPath: boolean): string {
  return `${[...paths].sort().join(' ')}${stripPath ? ' (stripped)' : ''}`;
}

function differenceOf(own: Required<Settings>, reference: Settings, said: string): string | undefined {
  const field = (['protocol', 'host', 'path'] as const).find((one) => (reference[one] ?? own[one]) !== own[one]);
  return field && `${field} ${own[field]}, where ${said} ${reference[field]}`;
}

function disagreement(endpoint: Endpoint, difference: string, leader: Endpoint | undefined): Quarantined {
  const { id, scopeId, domain, state } = endpoint;
  const other = leader ? `or take the domain tag off ${leader.id}` : 'or retire the domain first';
  return {
    endpointId: id,
    scopeId,
    domain,
    state,
    code: 'disagreement',
    reason: `claims domain ${domain} with ${difference}`,
    fix: `give it the same tags, ${other}`,
  };
}
