import type { Domain } from '#core/claims/settle';
import type { DomainSettings, Via } from '#core/model';
import { isServiceName, serviceName, upstreamName } from '#core/names';
import { factsOf } from '#core/protocols';
import type { Document, Entity } from './document';
import { nameInParent, parentOfKey } from './keys';
import { adoptedDomainOf, type EndpointOrigin, withOrigins } from './tags';

/**
 * The form of targets in the upstream of a domain: each address as a target, or a name that the
 * resolver answers (`host:port`). While a switch between them waits, the former form stays
 * (docs/decisions/0053-via.md).
 */
export type TargetForms = { readonly hasAddresses: boolean; readonly names: readonly string[] };

/** The default way of addresses to Kong, and the suffix of names. */
export type ViaSettings = { readonly via: Via; readonly suffix: string };

/** How the addresses of a domain reach Kong. */
export function viaOf({ via }: DomainSettings = {}, byDefault: Via = 'addresses'): Via {
  return via ?? byDefault;
}

/** Each address as a target. */
export const addressesAlone: TargetForms = { hasAddresses: true, names: [] };

/** The form that `via` asks for. */
export function formsFor(domain: Domain, via: Via, suffix: string): TargetForms {
  return via === 'addresses' ? addressesAlone : { hasAddresses: false, names: [nameOfDomain(domain, suffix)] };
}

/**
 * The port is that of the answer. Without one, it is the port of all targets if they agree, else
 * the protocol's port.
 */
function nameOfDomain({ name, protocol, targets }: Domain, suffix: string): string {
  const [port = factsOf(protocol).port, ...others] = new Set(targets.map((one) => one.port));
  return `${serviceName(name, suffix)}:${others.length > 0 ? factsOf(protocol).port : port}`;
}

/**
 * Whether an entity is a target of a domain's own upstream, adopted or not. Targets of zones and
 * published targets are not.
 */
export function isOwnTarget({ kind, key, domain, tags }: Pick<Entity, 'kind' | 'key' | 'domain' | 'tags'>): boolean {
  return kind === 'target' && (parentOfKey(key) === upstreamName(domain) || adoptedDomainOf(tags) === domain);
}

/** Whether an entity is a target with a name for the resolver. */
export function isNameTarget({ kind, key }: Pick<Entity, 'kind' | 'key'>): boolean {
  return kind === 'target' && isServiceName(nameInParent(key));
}

/** The forms in a domain's own upstream; `targets` are those of one domain. */
export function formsIn(targets: Document): TargetForms {
  const own = targets.filter(isOwnTarget);
  return {
    hasAddresses: own.some((one) => !isNameTarget(one)),
    names: own.filter(isNameTarget).map(({ key }) => nameInParent(key)),
  };
}

/**
 * The target as if it stood for only one of its endpoints. So each endpoint is judged alone, and
 * its absences are counted.
 */
export function targetOfOne<E extends Entity>(target: E, origin: EndpointOrigin): E {
  const key = isNameTarget(target) ? `${target.key} ${origin.endpointId}` : target.key;
  return { ...target, key, tags: withOrigins(target.tags, [origin]) };
}
