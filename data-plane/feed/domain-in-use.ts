import { readRoute } from '../discovery/route-text';
import type { ProbeSettings } from '../probes/probe-settings';
import { type LiveFacts, liveReach, noteHealth, type Reach } from '../reach/reach';

/** What the thread that serves requests keeps of a domain that requests may come for. */
export type DomainInUse = {
  probe: ProbeSettings;
  /** Somebody asked for it since the last sweep. */
  isUsed: boolean;
  /** As it was told, read when a request first asks for it: not while others are being served. */
  unread?: string;
  reach?: Reach;
  /** Places (see placeOf) that probes have ejected. */
  readonly down: Set<string>;
};

/**
 * How to reach the domain; undefined when there is none, or nothing was told yet. `isLean`: the text stays, and what is read of it is for
 * this call alone.
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

/** Keeps what was told of the domain's route; without text there is none. */
export function setRoute(domain: DomainInUse, text: string | undefined): void {
  domain.unread = text;
  if (text === undefined) domain.reach = undefined;
}

/** Keeps what probes said of a place. */
export function setHealth(domain: DomainInUse, place: string, isDown: boolean): void {
  if (isDown) domain.down.add(place);
  else domain.down.delete(place);
  if (domain.reach) noteHealth(domain.reach);
}

/** Forgets what probes said: they begin anew. */
export function clearHealth(domain: DomainInUse): void {
  domain.down.clear();
  if (domain.reach) noteHealth(domain.reach);
}
