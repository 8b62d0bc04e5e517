import { type Domain, settleClaims } from '#core/claims/settle';
import { hostOf } from '#core/host-header';
import type { DomainSettings, Endpoint, Scope, ScopeState, Snapshot } from '#core/model';
import { type Base, parseBase } from '#deck/file/base';
import type { ConfirmGone } from '#discovery/confirm-gone';
import { endpointOf, snapshotOf } from '../../support/builders';
import { type Configuration, type DomainName, domainNames, type Profile, type ScopeFault, type Step } from './history';
import { withVia } from './via';

const scopes: readonly Scope[] = ['us-east-1', 'us-west-2'].map((region) => ({
  id: `hub.222222222222.${region}`,
  source: 'hub',
  account: '222222222222',
  region,
}));

type Made = { readonly id: string; readonly domain: DomainName; readonly number: number; isTagged: boolean };

/** Endpoints and their tags, which change between passes. */
export type World = {
  take(step: Step): void;
  /** Discovery's result with these faults of scopes. */
  discover(faults: readonly ScopeFault[]): Snapshot;
  readonly confirmGone: ConfirmGone;
  /** The actual domains, whether discoverable or not. */
  domains(): readonly Domain[];
  isThere(endpointId: string): boolean;
  profile(domain: DomainName): Required<Profile>;
  /** Existing endpoints without tags. */
  untagged(domain: DomainName): readonly string[];
};

export function createWorld(now: () => number): World {
  const made: Made[] = [];
  const profiles = new Map<DomainName, Profile>();
  const lastGood = new Map<string, readonly Endpoint[]>();
  let count = 0;

  function listed(scope: Scope): readonly Endpoint[] {
    return made.filter((one) => one.isTagged && scopeOf(one.domain) === scope).map(asEndpoint);
  }

  function asEndpoint({ id, domain, number }: Made): Endpoint {
    const { path, protocol, host } = profiles.get(domain) ?? { protocol: 'http' };
    const scope = scopeOf(domain);
    const port = protocol === 'https' ? 443 : 80;
    return endpointOf({
      ...{ id, domain, protocol, host, port, scopeId: scope.id },
      paths: path === undefined ? [] : [path],
      createdAtMs: 1_000 + number,
      addresses: [0, 1].map((zone) => ({
        ip: `10.0.${number}.${10 * domainNames.indexOf(domain) + zone}`,
        region: scope.region,
        zoneId: `az${1 + ((zone + number) % 3)}`,
      })),
    });
  }

  function stateOf(scope: Scope, fault: ScopeFault = 'none'): ScopeState {
    const found = listed(scope);
    const discovered = { endpoints: lastGood.get(scope.id) ?? [], quarantined: [] };
    const unknown = { status: 'unknown', scope, code: 'THROTTLED', reason: 'throttled' } as const;
    if (fault === 'blank') return unknown;
    if (fault === 'unknown') return { ...unknown, lastGood: { observedAtMs: now() - 1, discovered } };
    lastGood.set(scope.id, found);
    return { status: 'known', scope, observedAtMs: now(), discovered: { endpoints: found, quarantined: [] } };
  }

  return {
    take: (step) => {
      if (step.do === 'retag') profiles.set(step.domain, step.profile);
      if (step.do === 'create') {
        count += 1;
        made.push({ id: `vpce-${count}`, domain: step.domain, number: count, isTagged: true });
      }
      if (!('number' in step)) return;
      const all = made.filter((one) => one.domain === step.domain);
      const one = all[step.number % Math.max(1, all.length)];
      if (!one) return;
      if (step.do === 'delete') made.splice(made.indexOf(one), 1);
      if (step.do === 'tag' || step.do === 'untag') one.isTagged = step.do === 'tag';
    },
    discover: (faults) => snapshotOf(...scopes.map((scope, index) => stateOf(scope, faults[index]))),
    confirmGone: async (missing) => ({
      goneIds: [...missing.values()].flat().filter((id) => !made.some((one) => one.id === id)),
      warnings: [],
    }),
    domains: () => domainsIn(snapshotOf(...scopes.map((scope) => stateOfAll(scope, listed(scope))))),
    profile: (domain) => {
      const { path = `/${domain}`, protocol, host } = profiles.get(domain) ?? { protocol: 'http' };
      return { path, protocol, host: hostOf({ domain, host }) };
    },
    untagged: (domain) => made.filter((one) => one.domain === domain && !one.isTagged).map(({ id }) => id),
    isThere: (id) => made.some((one) => one.id === id),
  };
}

function stateOfAll(scope: Scope, endpoints: readonly Endpoint[]): ScopeState {
  return { status: 'known', scope, observedAtMs: 0, discovered: { endpoints, quarantined: [] } };
}

function scopeOf(domain: DomainName): Scope {
  const [first, second] = scopes as [Scope, Scope];
  return domain === 'sd1' || domain === 'sd2' ? first : second;
}

/**
 * The domains in a snapshot. Endpoints of one domain always have the same tags here, so none is
 * refused.
 */
export function domainsIn(snapshot: Snapshot): readonly Domain[] {
  return settleClaims(snapshot).domains;
}

const limit = { name: 'rate-limiting', config: { minute: 60, policy: 'local' } };
const pluginLists: readonly DomainSettings['plugins'][] = [
  undefined,
  [],
  [limit],
  [
    { ...limit, config: { minute: 30, policy: 'local' } },
    { name: 'key-auth', config: { key_names: ['apikey'] } },
  ],
];

/** A configuration's settings of each domain. */
export function settingsOf({
  plugins,
  isRouted,
  healthPath,
  via,
}: Configuration): Readonly<Record<string, DomainSettings>> {
  const list = pluginLists[plugins];
  const settings = {
    ...(list && { sd1: { plugins: list } }),
    ...(!isRouted && { sd2: { route: false } }),
    ...(healthPath && { sd3: { healthcheck: { path: healthPath } } }),
  };
  return withVia(settings, via);
}

const bases = new Map<string, Base>();

/** The base file with one consumer. */
export function baseOf({ consumer }: Configuration): Base {
  const text = `_format_version: "3.0"\nconsumers:\n  - username: ${consumer}\n`;
  const base = bases.get(consumer) ?? parseBase([{ path: 'base.yaml', text }]);
  bases.set(consumer, base);
  return base;
}
