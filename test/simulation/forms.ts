import type { HeldEntity } from '#deck/document';
import { eachOriginOf } from '#deck/tags';
import type { Configuration } from './history';

/**
 * How addresses reach Kong in a simulated control plane: each as a target, or by a name. The tags
 * of a name list its endpoints.
 */

/** The content of the control plane, by `kind:key`. */
export type Held = ReadonlyMap<string, HeldEntity>;

const suffix = 'privatelink.internal';

/** `via` as a process reads it from its configuration. */
export function viaOf({ via = 'addresses' }: Partial<Configuration> = {}) {
  return { via, suffix } as const;
}

/** The key of a domain's name. All of its endpoints have port 80. */
export function nameKey(domain: string): string {
  return `${domain}.privatelink|_http._tcp.${domain}.${suffix}:80`;
}

export function isNamed({ key }: Pick<HeldEntity, 'key'>): boolean {
  return key.includes('|_http._tcp.');
}

/** Our targets. A name counts as one target for each of its endpoints. */
export function targetsOf(held: Held): readonly HeldEntity[] {
  return [...held.values()].filter((one) => one.kind === 'target' && isOurs(one)).flatMap(partsOfTarget);
}

/** A name as one target for each of its endpoints. */
export function partsOfTarget(target: HeldEntity): readonly HeldEntity[] {
  if (!isNamed(target)) return [target];
  return eachOriginOf(target.tags).map(({ endpointId, scopeIds: [scopeId] }) => ({
    ...target,
    key: `${target.key} ${endpointId}`,
    tags: ['owner:test', `scope:${scopeId}`, endpointId],
  }));
}

/** Whether the domain no longer serves its endpoint, in any form. */
export function isRemoved(target: HeldEntity, after: Held): boolean {
  return keyAfter(target, after) === undefined;
}

/** The key of the target after the pass: its own, or its endpoint's key in the other form. */
export function keyAfter(target: HeldEntity, after: Held): string | undefined {
  const [endpointId = ''] = target.tags.filter((tag) => tag.startsWith('vpce-'));
  const own = targetsOf(after).filter((one) => one.domain === target.domain);
  const isMoved = (one: HeldEntity) =>
    isOfDomain(one) && isNamed(one) !== isNamed(target) && one.tags.includes(endpointId);
  return (own.find((one) => one.key === target.key) ?? own.find(isMoved))?.key;
}

/** Whether its domain switched to the other form, which needs no evidence. */
export function isReplaced(target: HeldEntity, after: Held): boolean {
  const own = targetsOf(after).filter((one) => isOfDomain(one) && one.domain === target.domain);
  return own.length > 0 && own.every((one) => isNamed(one) !== isNamed(target));
}

/** Every upstream with a name among its targets uses round-robin, and no other upstream does. */
export function checkAlgorithms(held: Held): void {
  const named = new Set(
    targetsOf(held)
      .filter(isNamed)
      .map((one) => one.parent),
  );
  for (const { kind, key, fields } of held.values())
    if (kind === 'upstream' && named.has(key) && fields.algorithm !== 'round-robin')
      fail(`${key} has a name among its targets, and the algorithm ${fields.algorithm}`);
}

/** Excludes targets of zones, which the domain's own upstream holds too. */
export function isOfDomain({ parent, domain }: Pick<HeldEntity, 'parent' | 'domain'>): boolean {
  return parent === `${domain}.privatelink`;
}

export function isOurs({ tags }: HeldEntity): boolean {
  return tags.includes('owner:test');
}

export function fail(message: string): never {
  throw new Error(message);
}
