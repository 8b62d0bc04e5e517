import type { AgeKey } from './ages';
import { freshOf, type LastSeen, type LiveChoice, type Picker, pick, pickerOf } from './picker';
import type { Choice, DomainRoute } from './resolve';

/** The way to reach a domain, with its running rounds. */
export type Reach = {
  /** The nearest choices first; the last tier is `any`. */
  readonly tiers: readonly Picker[];
  readonly any: Picker;
};

/** Facts beside the route. */
export type LiveFacts = {
  readonly seenOf: (key: AgeKey) => LastSeen;
  /**
   * Places (see placeOf) ejected by probes. After a change the route has to be told (see
   * noteHealth).
   */
  readonly down: ReadonlySet<string>;
};

/** The probes' name of a target. */
export function placeOf({ ip, port }: Pick<Choice, 'ip' | 'port'>): string {
  return `${ip} ${port}`;
}

/**
 * Written field by field: spreading gives each object a hidden class of its own. Fields that a
 * request reads come first, and equal hosts share one text. So a thousand choices take little of
 * the processor's cache.
 */
function liveChoice(choice: Choice, host: string, seen: LastSeen): LiveChoice {
  const { ip, port, weight, endpointId, scopeId, ageKey, region, zoneId } = choice;
  const address = ip.includes(':') ? `[${ip}]` : ip;
  const place = placeOf(choice);
  return { address, port, host, seen, ip, weight, place, endpointId, scopeId, ageKey, region, zoneId };
}

/**
 * Creates the reach of a route. Its rounds continue those of `before` where the choices are the
 * same.
 */
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

/**
 * Notes a change of health. A thousand targets may die at once: the next request handles all
 * changes, not each message.
 */
export function noteHealth({ tiers }: Reach): void {
  for (const tier of tiers) tier.isHealthNew = true;
}

/**
 * Returns the next target confirmed since `sinceMs`: from the nearest tier with a healthy target,
 * else from all, since probes may err.
 */
export function pickTarget(reach: Reach, isZonal: boolean, sinceMs: number): LiveChoice | undefined {
  return nearest(reach, isZonal, (picker, isPanic) => pick(picker, sinceMs, isPanic));
}

/**
 * Returns all choices of `pickTarget`'s tier confirmed since `sinceMs`, even dead ones: the
 * receiver checks each. Leaves out nearer tiers, whose choices are all dead then. Empty: all are
 * too old.
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

/**
 * Returns up to `most` spares beside the choices in use, nearer tiers first. Each is alive and was
 * confirmed since `sinceMs`.
 */
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

/** Returns the result of `of` for the nearest tier, else for all, in panic. */
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
