import type { JsonObject } from '#core/model';

export type Kind = 'upstream' | 'target' | 'service' | 'route' | 'plugin';

/**
 * One Kong entity, identified by kind and `key`, its natural name. Upstream, service and route: the
 * name; target: `<upstream>|<address>`; plugin: `<service>|<plugin name>`.
 */
export type Entity = {
  readonly kind: Kind;
  readonly key: string;
  readonly domain: string;
  /** Key of the upstream of a target, of the service of a route or plugin. */
  readonly parent?: string;
  /** Kong's own fields by their API names, without id, tags and references. */
  readonly fields: JsonObject;
  /** Sorted. */
  readonly tags: readonly string[];
  /**
   * People wrote the entity. Missing fields and tags stay as the control plane holds them
   * (docs/decisions/0054-adopted.md).
   */
  readonly isPartial?: true;
};

/** An entity that the control plane holds. */
export type HeldEntity = Entity & { readonly id: string };

/** `kind:key`, which no two entities of a control plane share. */
export function nameOf({ kind, key }: { readonly kind: Kind; readonly key: string }): string {
  return `${kind}:${key}`;
}

/** The same name of the entity's parent; undefined when it has none. */
export function parentNameOf({ kind, parent }: Pick<Entity, 'kind' | 'parent'>): string | undefined {
  return parent && nameOf({ kind: kind === 'target' ? 'upstream' : 'service', key: parent });
}

/** The desired entities of the control plane, in write order, then by key. */
export type Document = readonly Entity[];
