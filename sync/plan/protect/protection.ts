import type { Document, Entity } from '#deck/document';
import { nameOf, parentNameOf } from '#deck/document';

/** The fields of an entity that decide about protection. */
export type Protectable = Pick<Entity, 'kind' | 'key' | 'domain' | 'parent'>;

/** Returns the entry of `protect` that protects an entity. Undefined: none does. */
export type Protection = (entity: Protectable) => string | undefined;

/** Nothing is protected. */
export const unprotected: Protection = () => undefined;

/**
 * Builds the protection of held entities. An entry protects a whole domain; or an entity with its
 * children (targets of an upstream, routes and plugins of a service) and what it needs (its
 * upstream, its service).
 */
export function protectionOf(protect: readonly string[], held: Document): Protection {
  if (protect.length === 0) return unprotected;
  const entries = new Set(protect);
  const needed = neededBy(entries, held);
  const listed = (name: string | undefined) => (name !== undefined && entries.has(name) ? name : undefined);
  return (one) => listed(one.domain) ?? listed(nameOf(one)) ?? listed(parentNameOf(one)) ?? needed.get(nameOf(one));
}

/** Maps each needed entity (a service, an upstream) to the entry that needs it. */
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

/** The reason for an entity that stays: the entry, then the reason to remove it. */
export function protectedBy(entry: string, reason: string): string {
  return `protected: protect lists ${entry}; ${reason}`;
}
