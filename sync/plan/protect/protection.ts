import type { Document, Entity } from '#deck/document';
import { nameOf, parentNameOf } from '#deck/document';

/** What of an entity decides whether it is protected. */
export type Protectable = Pick<Entity, 'kind' | 'key' | 'domain' | 'parent'>;

/** Gives the entry of `protect` that an entity is protected by; undefined: by none. */
export type Protection = (entity: Protectable) => string | undefined;

/** Nothing is protected. */
export const unprotected: Protection = () => undefined;

/**
 * What `protect` keeps of what is held: all of a domain; an entity with what is below it (targets of an upstream, routes and plugins of a
 * service) and with what it cannot do without (its upstream, its service).
 */
export function protectionOf(protect: readonly string[], held: Document): Protection {
  if (protect.length === 0) return unprotected;
  const entries = new Set(protect);
  const needed = neededBy(entries, held);
  const listed = (name: string | undefined) => (name !== undefined && entries.has(name) ? name : undefined);
  return (one) => listed(one.domain) ?? listed(nameOf(one)) ?? listed(parentNameOf(one)) ?? needed.get(nameOf(one));
}

/** By the name of what entities of the entries need, the entry. */
function neededBy(entries: ReadonlySet<string>, held: Document): ReadonlyMap<string, string> {
  const services = new Map(held.flatMap((one) => (one.kind === 'service' ? [[nameOf(one), one] as const] : [])));
  const upstreamOf = (service: Entity | undefined) => (service ? [`upstream:${service.fields.host}`] : []);
  const needs = (one: Entity) => {
    const parent = parentNameOf(one);
    const service = one.kind === 'service' ? one : services.get(parent ?? '');
    return [...(parent === undefined ? [] : [parent]), ...upstreamOf(service)];
  };
  const listed = held.filter((one) => entries.has(nameOf(one)));
  return new Map(listed.flatMap((one) => needs(one).map((name) => [name, nameOf(one)] as const)));
}

/** Why something stays: the entry that says so, then what it would leave for. */
export function protectedBy(entry: string, reason: string): string {
  return `protected: protect lists ${entry}; ${reason}`;
}
