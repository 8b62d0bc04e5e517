import { compareText, formatAddress } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import type { Address, Endpoint } from '#core/model';
import { nameOf } from '#deck/document';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { Difference } from '../adoptable';
import type { Lead } from '../leads/lead';
import { fieldText, type Place, type ServiceParts } from '../parts';

/** A place of a service, with the endpoint behind it. */
export type Led = { readonly place: Place; readonly lead: Lead & { readonly to: 'endpoint' } };

/** An endpoint, and the places that lead to it. */
export type Leading = { readonly endpoint: SeenEndpoint; readonly led: readonly Led[] };

export function byEndpoint(led: readonly Led[]): readonly Leading[] {
  return [...groupBy(led, ({ lead }) => lead.endpoint)].map(([endpoint, own]) => ({ endpoint, led: own }));
}

/** Returns the weight for each address of the endpoint: the weight of most of its targets. */
export function weightOf({ led }: Leading): number {
  const groups = [...groupBy(led, ({ place }) => place.weight)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? 100;
}

/** Returns targets whose weight would change: a tag holds one weight for all addresses. */
export function weightDifferences(leading: Leading): readonly Difference[] {
  const after = weightOf(leading);
  return leading.led
    .filter(({ place }) => place.weight !== after)
    .map(({ place: { entity, weight } }) => ({
      entity: nameOf(entity),
      field: 'weight',
      before: weight,
      after,
      why: `all addresses of ${leading.endpoint.id} get one weight`,
    }));
}

/** Returns the addresses that requests would gain or lose; empty: the addresses stay the same. */
export function coverageDifference(
  { upstream, service }: ServiceParts,
  { endpoint, led }: Leading,
  { addresses }: Pick<Endpoint, 'addresses'>,
): readonly Difference[] {
  const before = new Set(led.flatMap(({ lead }) => lead.ips));
  const after = new Set(addresses.map(({ ip }) => ip));
  const added = addresses.filter(({ ip }) => !before.has(ip));
  const lost = [...before].filter((ip) => !after.has(ip));
  if (added.length === 0 && lost.length === 0) return [];
  const whys = [
    ...(added.length > 0 ? [`requests would go to ${wordsOf(added)} of ${endpoint.id} too`] : []),
    ...(lost.length > 0 ? [`requests would not go to ${lost.join(', ')} any more`] : []),
  ];
  return [
    {
      entity: nameOf(upstream ?? service),
      field: upstream ? 'targets' : 'host',
      before: led.map(({ place }) => place.host).toSorted(compareText),
      after: [...after].toSorted(compareText),
      why: whys.join(', and '),
    },
  ];
}

function wordsOf(addresses: readonly Address[]): string {
  return addresses.map(({ ip, zoneId }) => (zoneId === undefined ? ip : `${ip} (zone ${zoneId})`)).join(', ');
}

/** Algorithms that spread clients by the set of targets. */
const byTargets: ReadonlySet<string> = new Set(['consistent-hashing', 'sticky-sessions']);

/** Clients that a hash spreads reach other addresses when names become addresses. */
export function spreadDifference({ upstream }: ServiceParts, led: readonly Led[]): readonly Difference[] {
  const algorithm = fieldText(upstream?.fields.algorithm);
  const names = led.filter(({ lead }) => lead.isNameTarget);
  if (!upstream || names.length === 0 || !byTargets.has(algorithm)) return [];
  return [
    {
      entity: nameOf(upstream),
      field: 'targets',
      before: names.map(({ place }) => place.host),
      after: names.flatMap(({ lead }) => lead.ips),
      why: `${algorithm} moves clients to other targets, once`,
    },
  ];
}

/** Describes the new addresses of targets that are names, for people. */
export function targetChanges(
  { upstream }: ServiceParts,
  { led }: Leading,
  { addresses }: Pick<Endpoint, 'addresses'>,
) {
  if (!upstream) return [];
  return led
    .filter(({ lead }) => lead.isNameTarget)
    .map(({ place: { entity, port } }) => {
      const after = addresses.map(({ ip }) => formatAddress({ ip, port }));
      return `target ${entity.key} becomes ${after.join(', ')}`;
    });
}
