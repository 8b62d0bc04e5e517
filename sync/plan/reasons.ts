import { zoneOf } from '#deck/affinity';
import { isCallers } from '#deck/callers/entity';
import { differencesOf } from '#deck/compare';
import type { Document, Entity, HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { claimedPathsOf } from '#deck/route-paths';
import { originsOf } from '#deck/tags';
import { isNameTarget, isOwnTarget } from '#deck/via';

/** Why an entity is created, for people; `held` is what the control plane holds. */
export function whyCreated(entity: Entity, held: Document): string {
  if (entity.kind === 'service') return `domain ${entity.domain} speaks ${entity.fields.protocol}`;
  const zone = zoneOf(entity);
  if (entity.kind === 'upstream' && zone)
    return `affinity: addresses of zone ${zone} first; Host ${entity.fields.host_header}`;
  if (entity.kind === 'upstream') return `domain ${entity.domain} was discovered; Host ${entity.fields.host_header}`;
  if (entity.kind === 'route') return `paths ${claimedPathsOf(entity)?.join(' ')}`;
  if (isCallers(entity)) return `contracts says who may call ${entity.domain}`;
  if (entity.kind === 'plugin') return `domains.${entity.domain}.plugins lists it`;
  const { scopeIds, endpointIds } = originsOf(entity.tags);
  const first = zone === undefined ? '' : `affinity: ${entity.fields.failover ? 'failover of' : 'in'} zone ${zone}; `;
  const are = endpointIds.length === 1 ? 'is' : 'are';
  const available = `endpoint ${endpointIds.join(', ')} ${are} available in ${scopeIds.join(', ')}`;
  return `${isNameTarget(entity) ? `via resolver${inPlaceOf(entity, held)}; ` : first}${available}`;
}

/** Says which entries of the domain's own upstream the name replaces. */
function inPlaceOf({ domain }: Entity, held: Document): string {
  const own = held.filter((one) => one.domain === domain && isOwnTarget(one));
  const { length: addresses } = own.filter((one) => !isNameTarget(one));
  const names = own.filter(isNameTarget).map(({ key }) => nameInParent(key));
  const parts = [...(addresses > 0 ? [addresses === 1 ? '1 address' : `${addresses} addresses`] : []), ...names];
  return parts.length > 0 ? ` in place of ${parts.join(' and ')}` : '';
}

/** What an update changes, for people; undefined: nothing differs. */
export function whyUpdated(desired: Entity, held: HeldEntity): string | undefined {
  const differences = differencesOf(desired, held);
  if (differences.length === 0) return undefined;
  if (isNameTarget(desired)) return endpointsText(desired, held) ?? differences.join('; ');
  return `${zoneOf(desired) === undefined ? '' : 'affinity: '}${differences.join('; ')}`;
}

/**
 * Names the endpoints that came and went. The tags of a name list its endpoints, which may be many.
 * Undefined when something else differs too.
 */
function endpointsText(desired: Entity, held: HeldEntity): string | undefined {
  const [before, after] = [held, desired].map(({ tags }) => originsOf(tags).endpointIds);
  if (!before || !after || differencesOf({ ...desired, tags: held.tags }, held).length > 0) return undefined;
  const came = after.filter((id) => !before.includes(id)).map((id) => `+${id}`);
  const went = before.filter((id) => !after.includes(id)).map((id) => `-${id}`);
  return came.length + went.length > 0 ? `endpoints ${[...came, ...went].join(' ')}` : undefined;
}
