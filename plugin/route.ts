import { type LiveCandidate, type Picker, pick, pickerOf, type ScopeAge, setDown } from './picker';
import type { Candidate, DomainRoute } from './resolve';

/** How to reach a domain, with the rounds that are under way. */
export type Route = {
  /** The nearest candidates first; the last tier is `any`. */
  readonly tiers: readonly Picker[];
  readonly any: Picker;
};

/** What is known beside the route. */
export type LiveFacts = {
  readonly scopeOf: (scopeId: string) => ScopeAge;
  /** Places (see placeOf) that probes have ejected. */
  readonly down: ReadonlySet<string>;
};

/** What probes call a target. */
export function placeOf({ ip, port }: Pick<Candidate, 'ip' | 'port'>): string {
  return `${ip} ${port}`;
}

/** Written field by field: spreading gives each a hidden class of its own. */
function liveCandidate(candidate: Candidate, scope: ScopeAge): LiveCandidate {
  const { ip, port, host, weight, endpointId, scopeId, region, zoneId } = candidate;
  const address = ip.includes(':') ? `[${ip}]` : ip;
  return { ip, port, host, weight, endpointId, scopeId, region, zoneId, address, scope };
}

/** The route with its rounds, which go on from those of `before` where the candidates are the same. */
export function liveRoute(route: DomainRoute, { scopeOf, down }: LiveFacts, before: Route | undefined): Route {
  const live = route.candidates.map((one) => liveCandidate(one, scopeOf(one.scopeId)));
  const any = pickerOf(live, before?.any);
  const near = route.tiers.map((indexes, tier) =>
    pickerOf(
      indexes.flatMap((index) => live[index] ?? []),
      before?.tiers[tier],
    ),
  );
  const tiers = [...near, any];
  if (down.size > 0) for (const tier of tiers) setDown(tier, (one) => down.has(placeOf(one)), true);
  return { tiers, any };
}

/** Takes what probes say of a place; of every place without one. */
export function setHealth({ tiers }: Route, isDown: boolean, place?: string): void {
  for (const tier of tiers) setDown(tier, (one) => place === undefined || placeOf(one) === place, isDown);
}

/** The next target that was confirmed since `sinceMs`: of the nearest tier that has a healthy one, else of all, since probes may err. */
export function pickTarget({ tiers, any }: Route, isZonal: boolean, sinceMs: number): LiveCandidate | undefined {
  for (let tier = isZonal ? 0 : tiers.length - 1; tier < tiers.length; tier += 1) {
    const found = pick(tiers[tier] ?? any, sinceMs);
    if (found) return found;
  }
  return pick(any, sinceMs, true);
}
