import type { FromDiscovery } from '../discovery/messages';
import type { AgeKey, Ages } from '../reach/ages';
import type { LastSeen } from '../reach/picker';
import { type DomainInUse, setHealth, setRoute } from './domain-in-use';

/** The knowledge from the messages of the discovery thread. */
export type FeedFacts = {
  readonly domains: Map<string, DomainInUse>;
  readonly seen: Map<AgeKey, LastSeen>;
  revision: number;
  oldestObservedAtMs?: number;
  zoneId?: string;
  names?: ReadonlySet<string>;
  /** No other names exist. */
  isWhole?: boolean;
};

/** Keeps a message of the thread at `nowMs`, by the monotonic clock. */
export function keep(known: FeedFacts, message: FromDiscovery, nowMs: number): void {
  if (message.kind !== 'problem') known.revision += 1;
  if (message.kind === 'names') keepNames(known, message);
  if (message.kind === 'observed' && message.ages.length > 0) keepAges(known, message.ages, nowMs);
  if (message.kind !== 'route' && message.kind !== 'health') return;
  // The domain may have been released since.
  const domain = known.domains.get(message.domain);
  if (!domain) return;
  if (message.kind === 'route') setRoute(domain, message.route);
  else setHealth(domain, message.place, message.isDown);
}

function keepNames(known: FeedFacts, { names, isWhole }: Extract<FromDiscovery, { kind: 'names' }>): void {
  known.names = new Set(names === '' ? [] : names.split(' '));
  known.isWhole = isWhole;
}

function keepAges(known: FeedFacts, ages: Ages, nowMs: number): void {
  let oldestMs = nowMs;
  for (const [key, ageMs] of ages) {
    const observedAtMs = nowMs - ageMs;
    seenIn(known, key).observedAtMs = observedAtMs;
    oldestMs = Math.min(oldestMs, observedAtMs);
  }
  known.oldestObservedAtMs = oldestMs;
}

/** Always returns the same object for a key: routes hold on to it. */
export function seenIn({ seen }: FeedFacts, key: AgeKey): LastSeen {
  const found = seen.get(key) ?? { observedAtMs: -Infinity };
  seen.set(key, found);
  return found;
}

/** Whether the domain exists; undefined while unknown. */
export function hasDomain({ names, isWhole }: FeedFacts, domain: string): boolean | undefined {
  return names?.has(domain) || (isWhole ? false : undefined);
}
