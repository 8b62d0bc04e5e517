import type { HeldEntity } from '#deck/document';
import { eachOriginOf } from '#deck/tags';
import type { Configuration } from './history';

/** How addresses reach Kong in a simulated control plane: each as a target, or by a name whose tags say for which endpoints it stands. */

/** Everything that the control plane holds, by `kind:key`. */
export type Held = ReadonlyMap<string, HeldEntity>;

const suffix = 'privatelink.internal';

/** As a process reads it from its configuration. */
export function viaOf({ via = 'addresses' }: Partial<Configuration> = {}) {
  return { via, suffix } as const;
}

/** The key of a domain's name, whose endpoints all have port 80. */
export function nameKey(domain: string): string {
  return `${domain}.privatelink|_http._tcp.${domain}.${suffix}:80`;
}

export function isNamed({ key }: Pick<HeldEntity, 'key'>): boolean {
  return key.includes('|_http._tcp.');
}

/** Our targets; a name counts as one for each of its endpoints. */
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

/** Whether the domain serves its endpoint no more, in whatever form. */
export function isRemoved(target: HeldEntity, after: Held): boolean {
  return keyAfter(target, after) === undefined;
}

/** The key under which a target is held still: its own, or that of its endpoint in the other form. */
export function keyAfter(target: HeldEntity, after: Held): string | undefined {
  const [endpointId = ''] = target.tags.filter((tag) => tag.startsWith('vpce-'));
  const own = targetsOf(after).filter((one) => one.domain === target.domain);
  const isMoved = (one: HeldEntity) =>
    isOfDomain(one) && isNamed(one) !== isNamed(target) && one.tags.includes(endpointId);
  return (own.find((one) => one.key === target.key) ?? own.find(isMoved))?.key;
}

/** Whether its domain went from its form to the other one, which needs no evidence. */
export function isReplaced(target: HeldEntity, after: Held): boolean {
  const own = targetsOf(after).filter((one) => isOfDomain(one) && one.domain === target.domain);
  return own.length > 0 && own.every((one) => isNamed(one) !== isNamed(target));
}

/** Every upstream with a name among its targets is under round-robin, and no other is. */
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

/** Not of a zone: what a zone's upstream holds, the domain's holds as well. */
export function isOfDomain({ parent, domain }: Pick<HeldEntity, 'parent' | 'domain'>): boolean {
  return parent === `${domain}.privatelink`;
}

export function isOurs({ tags }: HeldEntity): boolean {
  return tags.includes('owner:test');
}

export function fail(message: string): never {
  throw new Error(message);
}
