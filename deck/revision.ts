import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import { canonicalJson, checksumOf } from '#core/json';
import { asAdopted, isAdopted } from './adopted';
import { type Affinity, zoneOf } from './affinity';
import { isCallers, withoutTables } from './callers/entity';
import { differencesOf, withoutDefaults } from './compare';
import { sortDocument } from './desired';
import type { Document, Entity, HeldEntity } from './document';
import type { BaseText } from './file/base';
import { pinsOf, pinTag, withoutPin } from './tags';
import { isNameTarget } from './via';

/**
 * The configuration part of a document, named by its content (docs/decisions/0047-stages.md): own
 * upstreams, names in place of addresses, services, routes and plugins, in document order.
 * Upstreams and names have no tags here: their tags are data, as addresses and zone upstreams are.
 */
export type Revision = {
  /** Twelve hexadecimal digits. */
  readonly id: string;
  readonly affinity: Affinity;
  readonly entities: Document;
  /** The base files that are written too; may be empty. */
  readonly base: readonly BaseText[];
};

export type RevisionInput = Pick<Revision, 'affinity' | 'base'> & {
  readonly desired: Document;
  readonly held: readonly HeldEntity[];
  /** The revision that the stage ran before. */
  readonly before?: Revision;
};

/**
 * Returns the revision of `desired`. A held domain that is not desired stays as it is: its part
 * comes from the revision before, else from the held entities. So an unknown scope makes no new
 * revision.
 */
export function revisionOf({ desired, held, before, affinity, base }: RevisionInput): Revision {
  const wanted = new Set(desired.map((one) => one.domain));
  const staying = held.filter(({ domain }) => !wanted.has(domain));
  const remembered = new Set(before?.entities.map((one) => one.domain));
  const stayingDomains = new Set(staying.map((one) => one.domain));
  const parts = [
    ...desired,
    ...(before?.entities ?? []).filter(({ domain }) => stayingDomains.has(domain)),
    ...staying.filter(({ domain }) => !remembered.has(domain)).map(asWritten),
  ];
  const entities = sortDocument(parts.filter(isConfiguration).map(withoutData));
  return { id: idOf({ affinity, base, entities }), affinity, base, entities };
}

function idOf({ entities, ...settings }: Omit<Revision, 'id'>): string {
  return checksumOf({ ...settingsOf(settings), entities }).slice(0, 12);
}

/**
 * The settings that make a new revision although no entity differs. The place of base files is
 * ignored.
 */
export function settingsOf({ affinity, base }: Pick<Revision, 'affinity' | 'base'>) {
  return { affinity, base: base.map(({ text }) => text) };
}

type Changing = Pick<Entity, 'kind' | 'key'> & {
  readonly action?: string;
  readonly before?: Entity;
  readonly after?: Entity;
};

/**
 * Whether an entity, or its change, is configuration and not data. Updates of a name change its
 * endpoints, which are data.
 */
export function isConfiguration(one: Changing): boolean {
  if (one.kind === 'target') return isNameTarget(one) && one.action !== 'update';
  if (isOfCallers(one)) return differencesOf(withoutTables(one.after), withoutTables(one.before)).length > 0;
  return zoneOf(one) === undefined;
}

type UpdateOfCallers = { readonly before: Entity; readonly after: Entity };

/** Whether a change updates the callers plugin, whose tables are data. */
export function isOfCallers<C extends Changing>(change: C): change is C & UpdateOfCallers {
  const { action, before, after } = change;
  return action === 'update' && before !== undefined && after !== undefined && isCallers(after);
}

function withoutData(given: Entity): Entity {
  if (given.isPartial || isAdopted(given)) return asAdopted(given);
  const { tags, ...entity } = isCallers(given) ? withoutTables(given) : given;
  if (isOfDiscovery(entity)) return { ...entity, tags: [] };
  // Control planes return tags in their own order.
  return { ...entity, tags: [...withoutPin(tags)].sort(compareText) };
}

/**
 * Whether discovery decides that the entity exists. The configuration then decides only its
 * settings.
 */
function isOfDiscovery({ kind }: Pick<Entity, 'kind'>): boolean {
  return kind === 'upstream' || kind === 'target';
}

function asWritten({ id: _, ...entity }: HeldEntity): Entity {
  return withoutDefaults(entity);
}

/**
 * The desired document of a stage that is pinned to a revision. `data` is today's document,
 * rendered without settings and with the revision's `affinity`. Upstreams get the revision's
 * settings. The revision's entities of a domain are desired when `data` has the domain, or its
 * upstream is held.
 */
export function underRevision(revision: Revision, data: Document, held: readonly HeldEntity[]): Document {
  const withSettings = settingsIn(revision);
  const discovered = new Set(data.map((one) => one.domain));
  const configured = revision.entities.filter((one) => !isOfDiscovery(one) && discovered.has(one.domain));
  const away = undiscoveredUnder(revision, discovered, held);
  return sortDocument([...data.filter(isOfDiscovery).map(withSettings), ...configured, ...away]);
}

/**
 * Adds the revision's entities of held domains that the document lacks. So a pin restores an entity
 * of a domain that is not discovered now.
 */
export function withUndiscovered(document: Document, revision: Revision, held: readonly HeldEntity[]): Document {
  const discovered = new Set(document.map((one) => one.domain));
  return sortDocument([...document, ...undiscoveredUnder(revision, discovered, held)]);
}

function undiscoveredUnder(revision: Revision, discovered: ReadonlySet<string>, held: readonly HeldEntity[]): Document {
  const known = new Set(revision.entities.map((one) => one.domain));
  const upstreams = held.filter(
    ({ domain, ...one }) => isStaying(one, revision) && !discovered.has(domain) && known.has(domain),
  );
  const present = new Set(upstreams.map((one) => one.domain));
  const configured = revision.entities.filter((one) => !isOfDiscovery(one) && present.has(one.domain));
  return [...upstreams.map(asWritten).map(settingsIn(revision)), ...configured];
}

/**
 * Gives upstreams the settings of the revision, if it has some. The algorithm depends on the
 * targets.
 */
function settingsIn({ entities }: Revision): (entity: Entity) => Entity {
  const upstreams = new Map(entities.flatMap((one) => (one.kind === 'upstream' ? [[one.domain, one.fields]] : [])));
  return (entity) => {
    const fields = entity.kind === 'upstream' && upstreams.get(entity.domain);
    if (!fields || entity.isPartial) return entity;
    const { algorithm = fields.algorithm ?? null } = entity.fields;
    return { ...entity, fields: { ...fields, name: entity.key, ...('algorithm' in fields && { algorithm }) } };
  };
}

function isStaying({ kind, key }: Pick<Entity, 'kind' | 'key'>, { affinity }: Revision): boolean {
  return kind === 'upstream' && (affinity !== 'none' || zoneOf({ kind, key }) === undefined);
}

/** Marks one service with the pinned revision, so that the control plane itself holds the pin. */
export function markPinned(entities: Document, id: string): Document {
  const [first] = entities
    .filter(({ kind }) => kind === 'service')
    .map(({ key }) => key)
    .sort(compareText);
  return entities.map((one) =>
    one.kind === 'service' && one.key === first ? { ...one, tags: [...one.tags, pinTag(id)].sort(compareText) } : one,
  );
}

/**
 * The pinned revisions in the control plane, sorted. There is one, unless people wrote such tags.
 */
export function pinsIn(held: readonly HeldEntity[]): readonly string[] {
  return held.flatMap(({ kind, tags }) => (kind === 'service' ? pinsOf(tags) : [])).sort(compareText);
}

/**
 * Whether `newest` changes what the way from `left` back to `revision` took back. Only the parts
 * that differ between those two decide.
 */
export function isMended(
  newest: Revision,
  { revision, left }: { readonly revision: Revision; readonly left: Revision },
): boolean {
  const [now, then, before] = [partsOf(newest), partsOf(left), partsOf(revision)];
  const isOther = (name: string) => !isSame(then.get(name), before.get(name)) && !isSame(now.get(name), then.get(name));
  return [...new Set([...then.keys(), ...before.keys()])].some(isOther);
}

/** The name of the part with base files. Not every type of control plane gets them. */
export const basePart = '(base)';

/** A revision's entities by domain, and the others under names that no domain has. */
function partsOf(revision: Revision): ReadonlyMap<string, unknown> {
  const { affinity, base } = settingsOf(revision);
  const ofAll = { '(affinity)': affinity, [basePart]: base };
  return new Map<string, unknown>([...Object.entries(ofAll), ...groupBy(revision.entities, (one) => one.domain)]);
}

/**
 * Checksums of the parts of a revision, twelve hexadecimal digits each: one for every domain, and
 * for the rest.
 */
export type Parts = Readonly<Record<string, string>>;

/** The checksums of a revision, for comparisons without its content. */
export function digestsOf(revision: Revision): Parts {
  return Object.fromEntries([...partsOf(revision)].map(([name, part]) => [name, checksumOf(part).slice(0, 12)]));
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one) === canonicalJson(other);
}
