import fc from 'fast-check';
import type { Domain } from '#core/claims/settle';
import type { DomainSettings, Snapshot } from '#core/model';
import type { Entity, HeldEntity } from '#deck/document';
import { isNamed, isOfDomain } from '../forms';

// How addresses reach Kong, in terms of the simulation: nothing here comes from deck/via.ts or
// sync/plan/via.ts.

/** The domains via resolver, and the suffix of their names. */
export type Via = { readonly domains: readonly string[]; readonly suffix: string };

/**
 * The content of a domain's upstream: its addresses, names (`host:port`), or both while a switch
 * waits.
 */
export type Form = { readonly hasAddresses: boolean; readonly names: readonly string[] };

export const noVia: Via = { domains: [], suffix: 'privatelink.internal' };

export function viaOf(domains: readonly string[]): fc.Arbitrary<Via> {
  return fc.record({
    domains: fc.subarray([...domains]),
    suffix: fc.constantFrom('privatelink.internal', 'privatelink.internal', 'other.internal'),
  });
}

/** Adds it to the configuration file's other settings of domains. */
export function withVia(
  settings: Readonly<Record<string, DomainSettings>>,
  { domains }: Via = noVia,
): Readonly<Record<string, DomainSettings>> {
  const named = domains.map((name) => [name, { ...settings[name], via: 'resolver' }] as const);
  return { ...settings, ...Object.fromEntries(named) };
}

/** The configured form. All targets of a domain have the port of its protocol here. */
export function configuredForm({ name, protocol }: Domain, { domains, suffix }: Via = noVia): Form {
  if (!domains.includes(name)) return addresses;
  return { hasAddresses: false, names: [`_http._tcp.${name}.${suffix}:${protocol === 'https' ? 443 : 80}`] };
}

export const addresses: Form = { hasAddresses: true, names: [] };

/** The form of a domain in a revision: its names, or addresses, which are data. */
export function formOfPart(part: ReadonlyMap<string, string> = new Map()): Form {
  const names = [...part.keys()].flatMap((name) => (isNameOfTarget(name) ? [name.slice(name.indexOf('|') + 1)] : []));
  return names.length > 0 ? { hasAddresses: false, names } : addresses;
}

/** Takes the name of an entity (`kind:key`). */
export function isNameOfTarget(name: string): boolean {
  return name.startsWith('target:') && isNamed({ key: name });
}

/** The current content of the domain's upstream. */
export function heldForm(held: readonly HeldEntity[], domain: string): Form {
  const own = ownTargets(held, domain);
  return {
    hasAddresses: own.some((one) => !isNamed(one)),
    names: own.filter(isNamed).map(({ key }) => key.slice(key.indexOf('|') + 1)),
  };
}

export function ownTargets(held: readonly HeldEntity[], domain: string): readonly HeldEntity[] {
  return held.filter((one) => one.kind === 'target' && one.domain === domain && isOfDomain(one));
}

/** The resulting form: a leaving target waits while a scope of the domain is unknown. */
export function formNow(
  domain: Domain,
  wanted: Form,
  { held, snapshot }: { readonly held: readonly HeldEntity[]; readonly snapshot: Snapshot },
): Form {
  const before = heldForm(held, domain.name);
  const isLeft = before.hasAddresses && !wanted.hasAddresses;
  const isSwitch = isLeft || before.names.some((name) => !wanted.names.includes(name));
  const unknown = new Set(snapshot.scopes.flatMap(({ status, scope }) => (status === 'unknown' ? [scope.id] : [])));
  const scopeTags = ownTargets(held, domain.name).flatMap(({ tags }) => tags.filter((tag) => tag.startsWith('scope:')));
  const scopes = [...domain.targets.map((one) => one.scopeId), ...scopeTags.map((tag) => tag.slice('scope:'.length))];
  return isSwitch && scopes.some((id) => unknown.has(id)) ? before : wanted;
}

/**
 * As in parts of a revision: the algorithm depends on an upstream's content, whatever the revision.
 */
export function withoutAlgorithm({ kind, fields }: Pick<Entity, 'kind' | 'fields'>): Entity['fields'] {
  if (kind !== 'upstream') return fields;
  const { algorithm: _, ...others } = fields;
  return others;
}
