import type { Snapshot } from '../core/model';
import { differencesOf } from '../deck/compare';
import type { Document, Entity } from '../deck/document';
import type { HeldEntity } from './control-plane';

/**
 * A domain that holds targets of a scope not read since the start may have its oldest endpoint there, the one that decides
 * its settings. Until that scope answers, the domain keeps its service, route, upstream and plugins as they are, and gains
 * targets only where they agree with them.
 */
export function keepUncertainSettings(desired: Document, held: readonly HeldEntity[], snapshot: Snapshot): Document {
  const domains = uncertainDomains(held, snapshot);
  if (domains.size === 0) return desired;
  const heldByName = new Map(held.map((entity) => [`${entity.kind}:${entity.key}`, entity]));
  const heldOf = (entity: Entity) => heldByName.get(`${entity.kind}:${entity.key}`);
  const changed = new Set(
    desired.filter((one) => one.kind !== 'target' && differs(one, heldOf(one))).map((one) => one.domain),
  );
  return desired
    .filter((one) => !(domains.has(one.domain) && changed.has(one.domain) && one.kind === 'target' && !heldOf(one)))
    .map((one) => (domains.has(one.domain) && one.kind !== 'target' ? (heldOf(one) ?? one) : one));
}

function differs(desired: Entity, held: Entity | undefined): boolean {
  return held !== undefined && differencesOf(desired, held).length > 0;
}

function uncertainDomains(held: readonly HeldEntity[], snapshot: Snapshot): ReadonlySet<string> {
  const unread = new Set(
    snapshot.scopes.filter((one) => one.status === 'unknown' && !one.lastGood).map((one) => `scope:${one.scope.id}`),
  );
  const targets = held.filter((one) => one.kind === 'target' && one.tags.some((tag) => unread.has(tag)));
  return new Set(targets.map((one) => one.domain));
}
