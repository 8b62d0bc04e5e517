import type { DomainSettings } from '#core/model';
import { adoptedIn, isAdopted } from '#deck/adopted';
import { type Document, type Entity, type HeldEntity, nameOf, parentNameOf } from '#deck/document';
import { besideTheirs } from '#deck/tags';
import type { Kept } from './changes';

type Completed = { readonly desired: Document; readonly kept: readonly Kept[] };

/**
 * The document with all that the control plane holds of what people wrote, whose fields and tags stay. What it does not hold under our tags is not
 * made, nor what would hang on it: a plugin without its service would be for all requests.
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

type Remembered = { readonly settings: Settings; readonly kept: readonly Kept[] };

/**
 * The settings, and for domains that the control plane holds as adopted and no file names so any more, what it holds: people's service leads to targets
 * that go on following AWS, and no second service comes beside it. `kept` says so.
 */
export function keepAdopted(settings: Settings, held: Document): Remembered {
  const named = new Set(Object.values(settings).flatMap(({ adopted }) => adopted?.service ?? []));
  const lost = Object.entries(adoptedIn(held.filter(isAdopted))).filter(
    ([domain, { adopted }]) => adopted && !settings[domain]?.adopted && !named.has(adopted.service),
  );
  if (lost.length === 0) return { settings, kept: [] };
  const found = lost.map(([domain, own]) => [domain, { ...settings[domain], route: undefined, ...own }] as const);
  return {
    settings: { ...settings, ...Object.fromEntries(found) },
    kept: lost.map(([domain, { adopted }]) => whyLost(domain, adopted?.service ?? domain)),
  };
}

function whyLost(domain: string, service: string): Kept {
  const reason = `service ${service} is held as adopted, and no file says domains.${domain}.adopted: bring that back, or kong-privatelink adopt --release ${domain}`;
  return { key: service, domain, reason };
}
