import { defaultTagKeys as tags } from '#config/schema';
import { parseIp } from '#core/addresses/parse';
import { formatAddress } from '#core/addresses/targets';
import type { Domain } from '#core/claims/settle';
import type { Json, JsonObject, Target } from '#core/model';
import type { Document, Entity, HeldEntity } from '#deck/document';
import { targetKey } from '#deck/keys';
import { originsOf, originTags } from '#deck/tags';
import type { InstanceItem } from '#discovery/aws/readers/cloud-map';
import { publishedAttributes } from '#discovery/providers/published-attributes';

/**
 * Instances of a Cloud Map service as targets, whose upstream is the service. So one plan and one
 * set of removal rules serve both. `fields` are the attributes. A target's tags are the attributes
 * about its origin.
 */

/** Returns a domain's targets as the instances that the service `parent` should hold. */
export function instancesOf(domain: Domain, parent: string): Document {
  return domain.targets.map((target) => ({
    kind: 'target',
    key: targetKey(parent, formatAddress(target)),
    domain: domain.name,
    parent,
    fields: fieldsOf(domain, target),
    tags: originTags(target),
  }));
}

/**
 * Returns null for an attribute without a value, so that a held, unwanted attribute is a
 * difference.
 */
function fieldsOf(
  { name, protocol, host, paths, stripPath }: Domain,
  { ip, port, zoneId, weight }: Target,
): JsonObject {
  return {
    [ip.includes(':') ? ipv6 : ipv4]: ip,
    [portKey]: String(port),
    [publishedAttributes.zone]: zoneId ?? null,
    [tags.domain]: name,
    [tags.protocol]: protocol,
    [tags.host]: host ?? null,
    [tags.path]: stripPath ? null : paths.join(' '),
    [tags.weight]: String(weight),
  };
}

const ipv4 = 'AWS_INSTANCE_IPV4';
const ipv6 = 'AWS_INSTANCE_IPV6';
const portKey = 'AWS_INSTANCE_PORT';

/** Returns the attributes for registering an instance of `owner`. */
export function attributesOf({ fields, tags: origin }: Entity, owner: string): Readonly<Record<string, string>> {
  const { scopeIds, endpointIds } = originsOf(origin);
  const attributes: Readonly<Record<string, Json | undefined>> = {
    ...fields,
    [publishedAttributes.owner]: owner,
    [publishedAttributes.scope]: scopeIds[0],
    [publishedAttributes.endpoint]: endpointIds[0],
  };
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

export function isOwnedBy(owner: string, { attributes }: InstanceItem): boolean {
  return attributes.get(publishedAttributes.owner) === owner;
}

/**
 * Returns an instance of ours as the target that it was. Where somebody removed the address, the
 * instance's id takes the place of the address in the key.
 */
export function heldInstance(instance: InstanceItem, place: Required<Pick<Entity, 'parent' | 'domain'>>): HeldEntity {
  const { id, attributes } = instance;
  const [address = id] = addressesOf(instance);
  const scopeId = attributes.get(publishedAttributes.scope) ?? '';
  const endpointId = attributes.get(publishedAttributes.endpoint) ?? '';
  return {
    kind: 'target',
    key: targetKey(place.parent, address),
    ...place,
    id,
    fields: Object.fromEntries(attributes),
    tags: originTags({ scopeId, endpointId }),
  };
}

/** Returns `ip:port` of each address of an instance. */
export function addressesOf({ attributes }: InstanceItem): readonly string[] {
  const port = Number(attributes.get(portKey));
  const ips = [ipv4, ipv6].flatMap((key) => attributes.get(key) ?? []);
  return ips.filter((ip) => parseIp(ip) !== undefined).map((ip) => formatAddress({ ip, port }));
}
