import type { Adopted, DomainSettings } from '#core/model';
import { domainOfUpstream, upstreamName } from '#core/names';
import { uuidOf } from '#core/uuid';
import { adoptedIn } from '#deck/adopted';
import { type Document, type Entity, type HeldEntity, nameOf, parentNameOf } from '#deck/document';
import { uuidName } from '#deck/keys';
import { adoptedDomainOf, besideTheirs, withoutAdopted } from '#deck/tags';
import type { Kept } from './changes';

type Completed = { readonly desired: Document; readonly kept: readonly Kept[] };

/**
 * Fills adopted entities with the fields and tags that the control plane holds. An adopted entity
 * that is not held under our tags is left out, and so is everything below it: a plugin without its
 * service would apply to all requests.
 */
export function completeAdopted(desired: Document, heldByName: ReadonlyMap<string, HeldEntity>): Completed {
  if (!desired.some((one) => one.isPartial)) return { desired, kept: [] };
  const missing = new Set(desired.filter((one) => one.isPartial && !heldByName.has(nameOf(one))).map(nameOf));
  const isThere = (one: Entity) => !missing.has(nameOf(one)) && !missing.has(parentNameOf(one) ?? '');
  return {
    desired: desired.filter(isThere).map((one) => (one.isPartial ? completed(one, heldByName.get(nameOf(one))) : one)),
    kept: desired.filter((one) => missing.has(nameOf(one))).map(whyMissing),
  };
}

function completed({ isPartial: _, ...entity }: Entity, held?: HeldEntity): Entity {
  if (!held) return entity;
  return { ...entity, fields: { ...held.fields, ...entity.fields }, tags: besideTheirs(entity.tags, held.tags) };
}

function whyMissing({ kind, key, domain }: Entity): Kept {
  const reason = `domains.${domain}.adopted names ${kind} ${key}, which does not carry this owner's tags: kong-privatelink adopt --apply ${domain} takes it over`;
  return { key, domain, reason };
}

type Settings = Readonly<Record<string, DomainSettings>>;

/**
 * The adoption that a pass works with. Tags of held entities fill in where the configuration is
 * silent.
 */
type Credited = {
  readonly held: readonly HeldEntity[];
  readonly settings: Settings;
  readonly warnings: readonly string[];
};

/**
 * Reads adoption from the tags `adopted:` of held entities, and ignores these tags on generated
 * entities. An adopted domain stays adopted when the configuration does not mention it (fm-80): a
 * worker may still run with the old file.
 */
export function creditAdopted(settings: Settings, read: readonly HeldEntity[]): Credited {
  if (!read.some(isTagged)) return { held: read, settings, warnings: [] };
  const byName = new Map(read.map((one) => [nameOf(one), one]));
  const held = read.map((one) => (isTagged(one) && !isCredible(one, { settings, byName }) ? asGenerated(one) : one));
  const lost = Object.entries(adoptedIn(held)).filter(([domain]) => !settings[domain]?.adopted);
  if (lost.length === 0) return { held, settings, warnings: [] };
  const kept = lost.map(([domain, { adopted }]) => {
    const { route: _, ...rest } = settings[domain] ?? {};
    return [domain, { ...rest, adopted }] as const;
  });
  return { held, settings: { ...settings, ...Object.fromEntries(kept) }, warnings: lost.map(whyLost) };
}

function isTagged({ tags }: Entity): boolean {
  return adoptedDomainOf(tags) !== undefined;
}

type Beside = { readonly settings: Settings; readonly byName: ReadonlyMap<string, HeldEntity> };

/**
 * Whether people wrote the entity, or its parent: the configuration names it, or the product did
 * not generate it.
 */
function isCredible(entity: HeldEntity, beside: Beside): boolean {
  const { settings, byName } = beside;
  const above = byName.get(parentNameOf(entity) ?? '');
  if (entity.kind === 'target' || entity.kind === 'plugin')
    return above !== undefined && isTagged(above) && isCredible(above, beside);
  const domain = adoptedDomainOf(entity.tags) ?? '';
  const adopted = settings[domain]?.adopted;
  if (adopted && isNamed(entity, adopted)) return true;
  if (entity.id === uuidOf(uuidName(entity))) return false;
  const own = naturalDomainOf(entity);
  return own === domain || !byName.has(nameOf({ kind: 'upstream', key: upstreamName(own) }));
}

function isNamed({ kind, key }: Entity, { service, upstream, routes }: Adopted): boolean {
  return kind === 'route' ? routes.includes(key) : key === (kind === 'service' ? service : upstream);
}

/** The domain, read from the entity's name. */
function naturalDomainOf({ kind, key, parent = key }: Entity): string {
  return kind === 'upstream' || kind === 'target' ? domainOfUpstream(parent) : parent;
}

function asGenerated(entity: HeldEntity): HeldEntity {
  return { ...entity, domain: naturalDomainOf(entity), tags: withoutAdopted(entity.tags) };
}

function whyLost([domain, { adopted }]: readonly [string, DomainSettings]): string {
  return `domain ${domain} was adopted (service ${adopted?.service}), but the configuration does not name it under adopted: what people wrote stays as it is; give this process the file that adopt --apply wrote, or give the domain back with kong-privatelink adopt --release ${domain}`;
}
