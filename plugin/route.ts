import { type LiveCandidate, type Picker, pick, pickerOf, type ScopeAge } from './picker';
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
  /** Places (see placeOf) that probes have ejected; after a change the route is told (see noteHealth). */
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
  return { ip, port, host, weight, endpointId, scopeId, region, zoneId, address, place: placeOf(candidate), scope };
}

/** The route with its rounds, which go on from those of `before` where the candidates are the same. */
export function liveRoute(route: DomainRoute, { scopeOf, down }: LiveFacts, before: Route | undefined): Route {
  const live = route.candidates.map((one) => liveCandidate(one, scopeOf(one.scopeId)));
  const any = pickerOf(live, down, before?.any);
  const near = route.tiers.map((indexes, tier) => {
    const nearest = indexes.flatMap((index) => live[index] ?? []);
    return pickerOf(nearest, down, before?.tiers[tier]);
  });
  return { tiers: [...near, any], any };
}

/** Takes note that what probes say has changed. A thousand targets may go down at once: the next request sees to it, not each message. */
export function noteHealth({ tiers }: Route): void {
  for (const tier of tiers) tier.isHealthNew = true;
}

/** The next target that was confirmed since `sinceMs`: of the nearest tier that has a healthy one, else of all, since probes may err. */
export function pickTarget({ tiers, any }: Route, isZonal: boolean, sinceMs: number): LiveCandidate | undefined {
  for (let tier = isZonal ? 0 : tiers.length - 1; tier < tiers.length; tier += 1) {
    const found = pick(tiers[tier] ?? any, sinceMs);
    if (found) return found;
  }
  return pick(any, sinceMs, true);
}
