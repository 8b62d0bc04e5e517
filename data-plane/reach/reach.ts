import type { AgeKey } from './ages';
import { freshOf, type LastSeen, type LiveChoice, type Picker, pick, pickerOf } from './picker';
import type { Choice, DomainRoute } from './resolve';

/** How to reach a domain, with the rounds that are under way. */
export type Reach = {
  /** The nearest choices first; the last tier is `any`. */
  readonly tiers: readonly Picker[];
  readonly any: Picker;
};

/** What is known beside the route. */
export type LiveFacts = {
  readonly seenOf: (key: AgeKey) => LastSeen;
  /** Places (see placeOf) that probes have ejected; after a change the route is told (see noteHealth). */
  readonly down: ReadonlySet<string>;
};

/** What probes call a target. */
export function placeOf({ ip, port }: Pick<Choice, 'ip' | 'port'>): string {
  return `${ip} ${port}`;
}

/**
 * Written field by field: spreading gives each a hidden class of its own. What a request reads comes first, and `host` is the same text
 * for all that have the same one, so that little of a thousand choices has to be in the processor's cache.
 */
function liveChoice(choice: Choice, host: string, seen: LastSeen): LiveChoice {
  const { ip, port, weight, endpointId, scopeId, ageKey, region, zoneId } = choice;
  const address = ip.includes(':') ? `[${ip}]` : ip;
  const place = placeOf(choice);
  return { address, port, host, seen, ip, weight, place, endpointId, scopeId, ageKey, region, zoneId };
}

/** The route with its rounds, which go on from those of `before` where the choices are the same. */
export function liveReach(route: DomainRoute, { seenOf, down }: LiveFacts, before: Reach | undefined): Reach {
  const hosts = new Map(route.choices.map(({ host }) => [host, host]));
  const live = route.choices.map((one) =>
    liveChoice(one, hosts.get(one.host) ?? one.host, seenOf(one.ageKey ?? one.scopeId)),
  );
  const any = pickerOf(live, down, before?.any);
  const near = route.tiers.map((indexes, tier) => {
    const nearest = indexes.flatMap((index) => live[index] ?? []);
    return pickerOf(nearest, down, before?.tiers[tier]);
  });
  return { tiers: [...near, any], any };
}

/** Takes note that what probes say has changed. A thousand targets may go down at once: the next request sees to it, not each message. */
export function noteHealth({ tiers }: Reach): void {
  for (const tier of tiers) tier.isHealthNew = true;
}

/** The next target that was confirmed since `sinceMs`: of the nearest tier that has a healthy one, else of all, since probes may err. */
export function pickTarget(reach: Reach, isZonal: boolean, sinceMs: number): LiveChoice | undefined {
  return nearest(reach, isZonal, (picker, isPanic) => pick(picker, sinceMs, isPanic));
}

/**
 * All that were confirmed since `sinceMs` of the tier that `pickTarget` picks from, also those that are down: who is given them checks each
 * by itself. Those of nearer tiers are left out, all of which are down then. Empty: all are too old.
 */
export function choicesInUse(reach: Reach, isZonal: boolean, sinceMs: number): readonly LiveChoice[] {
  const nearer = new Set<LiveChoice>();
  const found = nearest(reach, isZonal, (picker, isPanic) => {
    const fresh = freshOf(picker, sinceMs);
    if (isPanic) return fresh;
    if (!fresh.some(({ place }) => !picker.down.has(place))) {
      for (const one of fresh) nearer.add(one);
      return undefined;
    }
    return nearer.size > 0 ? fresh.filter((one) => !nearer.has(one)) : fresh;
  });
  return found ?? [];
}

/** Up to `most` beside those in use, from nearer tiers to farther ones, that were confirmed since `sinceMs` and are not down. */
export function sparesOf(
  { tiers }: Reach,
  inUse: readonly LiveChoice[],
  { sinceMs, most }: { readonly sinceMs: number; readonly most: number },
): readonly LiveChoice[] {
  const used = new Set(inUse);
  const spares = new Set<LiveChoice>();
  for (const tier of tiers) {
    for (const one of freshOf(tier, sinceMs)) {
      if (spares.size === most) return [...spares];
      if (!used.has(one) && !tier.down.has(one.place)) spares.add(one);
    }
  }
  return [...spares];
}

/** What `of` finds in the nearest tier, else in all, in panic. */
function nearest<T>(
  { tiers, any }: Reach,
  isZonal: boolean,
  of: (picker: Picker, isPanic: boolean) => T | undefined,
): T | undefined {
  for (let tier = isZonal ? 0 : tiers.length - 1; tier < tiers.length; tier += 1) {
    const found = of(tiers[tier] ?? any, false);
    if (found !== undefined) return found;
  }
  return of(any, true);
}
