import type { Incumbent } from '#core/claims/incumbents';
import { type Domain, settleDomains } from '#core/claims/settle';
import { judgeEndpoints, type Verdict } from '#core/claims/verdicts';
import { hostHeader, hostOf } from '#core/host-header';
import type { Protocol, Snapshot, Target } from '#core/model';
import { homeRegions } from '#core/zones';
import { type AgeKey, ageKeysOf } from './ages';

/**
 * One address for requests. `host` is the Host header, equal to the header of Kong's own upstream.
 */
export type Choice = {
  readonly ip: string;
  readonly port: number;
  readonly host: string;
  readonly weight: number;
  readonly endpointId: string;
  readonly scopeId: string;
  /** The key of its age; absent: its scope. */
  readonly ageKey?: AgeKey;
  readonly region: string;
  readonly zoneId?: string;
};

/**
 * The way to reach a domain from a data plane: values only, so that a thread can pass them to
 * another.
 */
export type DomainRoute = {
  readonly protocol: Protocol;
  /** Host header without port. */
  readonly host: string;
  /** At least one. */
  readonly choices: readonly Choice[];
  /**
   * Indexes of preferred choices, the nearest first: the own zone, then the own region. A tier
   * never holds none or all.
   */
  readonly tiers: readonly (readonly number[])[];
};

/** Routes by domain. */
export type Routes = ReadonlyMap<string, DomainRoute>;

/**
 * Resolves a snapshot for a data plane in `zoneId`. All decisions that need no request are made
 * here. Choices of `previous` stay where the snapshot is uncertain, as in the control plane.
 */
export function resolveRoutes(snapshot: Snapshot, zoneId: string | undefined, previous: Routes = new Map()): Routes {
  const { domains, quarantined } = settleDomains(snapshot, incumbentsOf(previous));
  const judge = judgeEndpoints(snapshot, quarantined);
  const found = new Map(domains.map((domain) => [domain.name, draftOf(domain)]));
  const drafts = [...new Map<string, Draft>([...idle(previous), ...found])]
    .map(([name, draft]) => [name, withHeld(draft, previous.get(name), judge)] as const)
    .filter(([, draft]) => draft.choices.length > 0);
  const keys = ageKeysOf(snapshot);
  const aged = drafts.map(([name, { choices, ...draft }]) => {
    const withAges = choices.map((one) => withAge(one, keys.get(one.endpointId)));
    return [name, { ...draft, choices: withAges }] as const;
  });
  return withTiers(new Map(aged), zoneId);
}

/** Returns the same routes for a data plane in `zoneId`. */
export function withTiers(routes: ReadonlyMap<string, Draft>, zoneId: string | undefined): Routes {
  const regions = homeRegions(
    [...routes.values()].flatMap(({ choices }) => choices),
    zoneId,
  );
  const tiered = [...routes].map(
    ([name, route]) => [name, { ...route, tiers: tiersOf(route.choices, zoneId, regions) }] as const,
  );
  return new Map(tiered);
}

/**
 * A choice that left all scopes keeps its own age. Written field by field: spreading ten thousand
 * objects takes five times the memory.
 */
function withAge(choice: Choice, key: AgeKey = choice.scopeId): Choice {
  const { ip, port, host, weight, endpointId, scopeId, region, zoneId } = choice;
  const ageKey = key === scopeId ? undefined : key;
  return { ip, port, host, weight, endpointId, scopeId, ageKey, region, zoneId };
}

type Draft = Omit<DomainRoute, 'tiers'>;

function draftOf({ name, protocol, host: asked, targets }: Domain): Draft {
  const host = hostOf({ domain: name, host: asked });
  const choices = usable(targets).map((target) => ({ ...target, host: hostHeader(host, target.port, protocol) }));
  return { protocol, host, choices };
}

/** Returns the domains of before, without choices yet. */
function idle(previous: Routes): readonly (readonly [string, Draft])[] {
  return [...previous].map(([name, { protocol, host }]) => [name, { protocol, host, choices: [] }]);
}

/**
 * Adds earlier choices of uncertain endpoints, and of absent ones where no other choice is left.
 */
function withHeld(draft: Draft, previous: DomainRoute | undefined, judge: (endpointId: string) => Verdict): Draft {
  const taken = new Set(draft.choices.map(({ ip, port }) => `${ip} ${port}`));
  const before = (previous?.choices ?? []).filter(({ ip, port }) => !taken.has(`${ip} ${port}`));
  const heldIf = (is: Verdict['is']) => before.filter((one) => judge(one.endpointId).is === is);
  const choices = [...draft.choices, ...heldIf('uncertain')];
  return { ...draft, choices: choices.length > 0 ? choices : heldIf('absent') };
}

function incumbentsOf(routes: Routes): ReadonlyMap<string, Incumbent> {
  return new Map(
    [...routes].map(([domain, { protocol, host, choices }]) => {
      const endpointIds = new Set(choices.map((one) => one.endpointId));
      return [domain, { protocol, host, endpointIds, isUncertain: false }];
    }),
  );
}

/** Whether the zones of the targets are known, and none lies in the region of `zoneId`. */
export function isForeignZone(routes: Routes, zoneId: string): boolean {
  const zoned = [...routes.values()].flatMap(({ choices }) => choices).filter((one) => one.zoneId !== undefined);
  return zoned.length > 0 && homeRegions(zoned, zoneId).size === 0;
}

/** Leaves out targets without weight, unless no other is left. */
function usable(targets: readonly Target[]): readonly Target[] {
  const weighted = targets.filter((target) => target.weight > 0);
  return weighted.length > 0 ? weighted : targets.map((target) => ({ ...target, weight: 1 }));
}

function tiersOf(
  all: readonly Choice[],
  zoneId: string | undefined,
  regions: ReadonlySet<string>,
): DomainRoute['tiers'] {
  const indexesOf = (belongs: (one: Choice) => boolean) => all.flatMap((one, index) => (belongs(one) ? [index] : []));
  const sameZone = indexesOf((one) => one.zoneId !== undefined && one.zoneId === zoneId);
  const sameRegion = indexesOf((one) => regions.has(one.region));
  return [sameZone, sameRegion].filter((tier) => tier.length > 0 && tier.length < all.length);
}
