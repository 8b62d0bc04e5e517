import type { Domain } from '#core/claims/settle';
import { canonicalJson } from '#core/json';
import type { DomainSettings } from '#core/model';
import { withoutDefaults } from '#deck/compare';
import { renderDesired } from '#deck/desired';
import type { Entity, HeldEntity } from '#deck/document';
import { addresses, type Form, isNameOfTarget, withoutAlgorithm } from './via';

// What a revision is, written down anew: nothing here comes from deck/revision.ts or sync/plan/pin.ts.

export type Affinity = 'none' | 'weighted' | 'failover';

/** The configuration of one domain: what each entity is, as text, by `kind:key`. */
export type Part = ReadonlyMap<string, string>;

/** The configuration part of a document. */
export type Parts = {
  readonly affinity: Affinity;
  /** Who is written in the base file; empty: none is written. */
  readonly consumer: string;
  readonly domains: ReadonlyMap<string, Part>;
};

export type PartsInput = Pick<Parts, 'affinity' | 'consumer'> & {
  /** As discovery found them. */
  readonly found: readonly Domain[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  readonly held: readonly HeldEntity[];
  /** What the stage had before. */
  readonly before?: Parts;
  /** How addresses reach Kong; default each as a target. */
  readonly formOf?: (domain: Domain) => Form;
};

/** What a stage that follows is brought to: what is found as it is configured, what is held and not found as it was. */
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

/** The form of each of these domains, by its name. */
export function formsIn(
  found: readonly Domain[],
  formOf: (domain: Domain) => Form = () => addresses,
): (name: string) => Form {
  const forms = new Map(found.map((domain) => [domain.name, formOf(domain)]));
  return (name) => forms.get(name) ?? addresses;
}

/** What entities say of the configuration of a domain. */
export function partIn(entities: readonly Entity[], domain: string): Part {
  const own = entities.filter((one) => one.domain === domain && isOfConfiguration(one));
  return new Map(own.map((one) => [`${one.kind}:${one.key}`, textOf(one)]));
}

/** Names are of it; addresses, and what zones have, are data. */
export function isOfConfiguration({ kind, key, domain }: Pick<Entity, 'kind' | 'key' | 'domain'>): boolean {
  if (kind === 'target') return isNameOfTarget(`${kind}:${key}`);
  return kind === 'service' || kind === 'route' || kind === 'plugin' || isOwnUpstream({ kind, key, domain });
}

export function isOwnUpstream({ kind, key, domain }: Pick<Entity, 'kind' | 'key' | 'domain'>): boolean {
  return kind === 'upstream' && key === `${domain}.privatelink`;
}

const texts = new WeakMap<Entity, string>();

/** Entities are replaced as a whole, and asked often. */
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

/** Whether what differs between the two is something else by now. */
export function isSomethingElse(now: Parts, { from, to }: { readonly from: Parts; readonly to: Parts }): boolean {
  const names = new Set([...from.domains.keys(), ...to.domains.keys()]);
  const text = (parts: Parts, name: string) => textOfPart(parts.domains.get(name));
  return (
    [...names].some((name) => text(from, name) !== text(to, name) && text(now, name) !== text(from, name)) ||
    (from.affinity !== to.affinity && now.affinity !== from.affinity) ||
    (from.consumer !== to.consumer && now.consumer !== from.consumer)
  );
}
