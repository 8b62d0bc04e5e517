import { readRoute } from '../discovery/route-text';
import type { ProbeSettings } from '../probes/probe-settings';
import { type LiveFacts, liveReach, noteHealth, type Reach } from '../reach/reach';

/** The serving thread's record of a domain in use. */
export type DomainInUse = {
  probe: ProbeSettings;
  /** A request asked for the domain since the last sweep. */
  isUsed: boolean;
  /**
   * The route as text. The first request for the domain reads it, so that other requests do not
   * wait.
   */
  unread?: string;
  reach?: Reach;
  /** Places (see placeOf) ejected by probes. */
  readonly down: Set<string>;
};

/**
 * Returns the way to reach the domain; undefined without a route, or before the first message.
 * `isLean`: the text stays, and the result serves this call alone.
 */
export function reachOf(domain: DomainInUse, seenOf: LiveFacts['seenOf'], isLean: boolean): Reach | undefined {
  domain.isUsed = true;
  if (isLean)
    return domain.unread === undefined
      ? undefined
      : liveReach(readRoute(domain.unread), { seenOf, down: domain.down }, undefined);
  if (domain.unread !== undefined) {
    domain.reach = liveReach(readRoute(domain.unread), { seenOf, down: domain.down }, domain.reach);
    domain.unread = undefined;
  }
  return domain.reach;
}

/** Keeps the route of the domain; without text the domain has none. */
export function setRoute(domain: DomainInUse, text: string | undefined): void {
  domain.unread = text;
  if (text === undefined) domain.reach = undefined;
}

/** Keeps the result of probes for a place. */
export function setHealth(domain: DomainInUse, place: string, isDown: boolean): void {
  if (isDown) domain.down.add(place);
  else domain.down.delete(place);
  if (domain.reach) noteHealth(domain.reach);
}

/** Forgets the results of probes: they start again. */
export function clearHealth(domain: DomainInUse): void {
  domain.down.clear();
  if (domain.reach) noteHealth(domain.reach);
}
