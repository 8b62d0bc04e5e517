import type { Domain } from '#core/claims/settle';
import { canonicalJson } from '#core/json';
import type { DomainSettings } from '#core/model';
import { withoutDefaults } from '#deck/compare';
import { renderDesired } from '#deck/desired';
import type { Entity, HeldEntity } from '#deck/document';
import { addresses, type Form, isNameOfTarget, withoutAlgorithm } from './via';

// A revision, written again: nothing here comes from deck/revision.ts or sync/plan/pin.ts.

export type Affinity = 'none' | 'weighted' | 'failover';

/** The configuration of one domain: each entity as text, by `kind:key`. */
export type Part = ReadonlyMap<string, string>;

/** The configuration part of a document. */
export type Parts = {
  readonly affinity: Affinity;
  /** The consumer in the base file; empty: none. */
  readonly consumer: string;
  readonly domains: ReadonlyMap<string, Part>;
};

export type PartsInput = Pick<Parts, 'affinity' | 'consumer'> & {
  /** As discovery found them. */
  readonly found: readonly Domain[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  readonly held: readonly HeldEntity[];
  /** The stage's content before. */
  readonly before?: Parts;
  /** How addresses reach Kong; default: each as a target. */
  readonly formOf?: (domain: Domain) => Form;
};

/**
 * The goal of a following stage: found domains as configured, and held domains that were not found
 * as they were.
 */
export function partsOf({ found, settings, held, before, affinity, consumer, ...input }: PartsInput): Parts {
  const formsOf = formsIn(found, input.formOf);
  const desired = renderDesired({ owner: 'test', domains: found, settings, affinity, held, formsOf });
  const names = new Set(found.map((one) => one.name));
  const left = [...new Set(held.map((one) => one.domain))].filter((name) => !names.has(name));
  const domains = new Map<string, Part>();
  for (const name of names) domains.set(name, partIn(desired, name));
  for (const name of left) domains.set(name, before?.domains.get(name) ?? partIn(held, name));
  return { affinity, consumer, domains };
}

/**
 * What comes again with the end of a pin: no name of a domain without endpoints, as discovery
 * decides that it exists.
 */
export function withoutNames(parts: Parts | undefined): Parts | undefined {
  if (!parts) return undefined;
  const named = [...parts.domains].map(([domain, part]) => {
    const others = [...part].filter(([entity]) => !isNameOfTarget(entity));
    return [domain, new Map(others)] as const;
  });
  return { ...parts, domains: new Map(named) };
}

/** The form of each of these domains, by name. */
export function formsIn(
  found: readonly Domain[],
  formOf: (domain: Domain) => Form = () => addresses,
): (name: string) => Form {
  const forms = new Map(found.map((domain) => [domain.name, formOf(domain)]));
  return (name) => forms.get(name) ?? addresses;
}

/** The configuration of a domain in these entities. */
export function partIn(entities: readonly Entity[], domain: string): Part {
  const own = entities.filter((one) => one.domain === domain && isOfConfiguration(one));
  return new Map(own.map((one) => [`${one.kind}:${one.key}`, textOf(one)]));
}

/** Names are configuration. Addresses and zones are data. */
export function isOfConfiguration({ kind, key, domain }: Pick<Entity, 'kind' | 'key' | 'domain'>): boolean {
  if (kind === 'target') return isNameOfTarget(`${kind}:${key}`);
  return kind === 'service' || kind === 'route' || kind === 'plugin' || isOwnUpstream({ kind, key, domain });
}

export function isOwnUpstream({ kind, key, domain }: Pick<Entity, 'kind' | 'key' | 'domain'>): boolean {
  return kind === 'upstream' && key === `${domain}.privatelink`;
}

const texts = new WeakMap<Entity, string>();

/** Cached: entities are replaced as a whole, and compared often. */
function textOf(entity: Entity): string {
  const text = texts.get(entity) ?? textAnew(entity);
  texts.set(entity, text);
  return text;
}

/** The tags of upstreams and names are data. */
function textAnew(entity: Entity): string {
  const { kind, fields, tags } = withoutDefaults(entity);
  const own = tags.filter((tag) => !tag.startsWith('pinned:')).sort();
  const isOfData = kind === 'upstream' || kind === 'target';
  return canonicalJson({ fields: withoutAlgorithm({ kind, fields }), tags: isOfData ? [] : own });
}

export function textOfPart(part: Part | undefined): string {
  return canonicalJson(Object.fromEntries(part ?? []));
}

export function textOfParts({ affinity, consumer, domains }: Parts): string {
  const texts = [...domains]
    .filter(([, part]) => part.size > 0)
    .map(([name, part]) => [name, textOfPart(part)] as const);
  return canonicalJson({ affinity, consumer, domains: Object.fromEntries(texts) });
}

/** Whether a difference between the two has changed by now. */
export function isSomethingElse(now: Parts, { from, to }: { readonly from: Parts; readonly to: Parts }): boolean {
  const names = new Set([...from.domains.keys(), ...to.domains.keys()]);
  const text = (parts: Parts, name: string) => textOfPart(parts.domains.get(name));
  return (
    [...names].some((name) => text(from, name) !== text(to, name) && text(now, name) !== text(from, name)) ||
    (from.affinity !== to.affinity && now.affinity !== from.affinity) ||
    (from.consumer !== to.consumer && now.consumer !== from.consumer)
  );
}
