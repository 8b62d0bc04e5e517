import { isJsonObject } from '#core/json';
import type { JsonObject } from '#core/model';
import { callersPluginName } from '#core/names';
import type { Entity } from '../document';
import { pluginKey } from '../keys';

/**
 * The plugin that admits requests by the endpoint they come from
 * (docs/decisions/0056-contracts.md). The configuration decides its entity and its settings. Its
 * tables are data, as targets are, and part of no revision.
 */

/** Settings of a domain's entity. */
export type CallersSettings = {
  /** For endpoints in neither table. */
  readonly mode: 'observe' | 'enforce';
  /** For requests without an endpoint id. */
  readonly onMissing: 'allow' | 'reject';
  /** Consumers whose own mode is the opposite of `mode`. */
  readonly exceptions: readonly string[];
};

/** Tables of a domain's entity, as `core/contracts/table` writes them. */
export type CallersTables = {
  /** Endpoints that may call the domain. */
  readonly callers: string;
  /** Endpoints of `exceptions` that may not call the domain. */
  readonly others: string;
};

const noTables: CallersTables = { callers: '', others: '' };

type Place = Pick<Entity, 'domain' | 'tags'> & { readonly service: string };

/** The entity of a domain, without its tables. */
export function callersEntity(
  { mode, onMissing, exceptions }: CallersSettings,
  { service, domain, tags }: Place,
): Entity {
  const config = { domain, mode, on_missing: onMissing, exceptions: exceptions.join(' ') };
  const fields = { name: callersPluginName, enabled: true, config };
  return { kind: 'plugin', key: pluginKey(service, callersPluginName), domain, parent: service, fields, tags };
}

export function isCallers({ kind, fields }: Pick<Entity, 'kind' | 'fields'>): boolean {
  return kind === 'plugin' && fields.name === callersPluginName;
}

/** Returns the entity with these tables. */
export function withTables<E extends Entity>(entity: E, { callers, others }: CallersTables): E {
  return withConfig(entity, { ...configOf(entity), callers, others });
}

/** Returns the entity as the configuration alone defines it. */
export function withoutTables<E extends Entity>(entity: E): E {
  const { callers: _, others: __, ...config } = configOf(entity);
  return withConfig(entity, config);
}

function withConfig<E extends Entity>(entity: E, config: JsonObject): E {
  return { ...entity, fields: { ...entity.fields, config } };
}

/** The tables of an entity. A field that is not a text counts as empty. */
export function tablesIn(entity: Pick<Entity, 'fields'> | undefined): CallersTables {
  const { callers, others } = entity ? configOf(entity) : noTables;
  return { callers: textOr(callers), others: textOr(others) };
}

/** The consumers whose own mode is the opposite, as the entity says. */
export function exceptionsIn(entity: Pick<Entity, 'fields'>): readonly string[] {
  return textOr(configOf(entity).exceptions).split(' ').filter(Boolean);
}

function textOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function configOf({ fields: { config } }: Pick<Entity, 'fields'>): JsonObject {
  return isJsonObject(config) ? config : {};
}
