import { compareText } from '#core/addresses/targets';
import type { WrittenPath } from '#core/claims/path-owners';
import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import type { Adopted, DomainSettings, JsonObject } from '#core/model';
import { upstreamName } from '#core/names';
import type { Document, Entity, Kind } from './document';
import { roundRobin } from './fields';
import { claimedPathsOf, hasPathsAlone } from './route-paths';
import { adoptedDomainOf, adoptedTag } from './tags';

/**
 * Entities that people wrote and the product adopted, in place of generated ones
 * (docs/decisions/0054-adopted.md).
 */

/** Name of the upstream with a domain's targets. */
export function ownUpstreamOf(domain: string, { adopted }: DomainSettings): string {
  return adopted?.upstream ?? upstreamName(domain);
}

/** Tags of entities that belong to a domain although their names do not tell. */
export function adoptedTags(domain: string, tags: readonly string[]): readonly string[] {
  return [...tags, adoptedTag(domain)].sort(compareText);
}

/**
 * The service and routes, and the tags of entities generated below that service. The tags are the
 * service's own when the product owns only its target.
 */
export function adoptedParts({ name }: Domain, adopted: Adopted, selectTags: readonly string[]) {
  const tags = adoptedTags(name, selectTags);
  const own = { domain: name, tags, isPartial: true } as const;
  const host = ownUpstreamOf(name, { adopted });
  const { service: parent, routes } = adopted;
  return {
    service: { ...own, kind: 'service', key: parent, fields: { host } } as const,
    routes: routes.map((key) => ({ ...own, kind: 'route', key, parent, fields: {} }) as const),
    tags,
  };
}

type UpstreamPlace = { readonly tags: readonly string[]; readonly hasNames: boolean };

/**
 * An upstream that people wrote. Names among its targets need round-robin
 * (docs/decisions/0053-via.md).
 */
export function adoptedUpstream({ name, host }: Domain, key: string, { tags, hasNames }: UpstreamPlace): Entity {
  const fields: JsonObject = {
    ...(host !== undefined && { host_header: host }),
    ...(hasNames && { algorithm: roundRobin }),
  };
  return { kind: 'upstream', key, domain: name, fields, tags, isPartial: true };
}

/**
 * The paths that adopted routes hold for all requests, as paths of base files: no tag can claim
 * them.
 */
export function adoptedPaths(held: Document): readonly WrittenPath[] {
  return held.filter(isAdopted).flatMap((entity) => {
    const { kind, key, domain, fields } = entity;
    const paths = (kind === 'route' && hasPathsAlone(fields) && claimedPathsOf(entity)) || [];
    return paths.map((path) => ({ path, route: `route ${key}`, service: domain }));
  });
}

/** Whether people wrote an entity that the control plane holds as the product's. */
export function isAdopted({ kind, tags }: Pick<Entity, 'kind' | 'tags'>): boolean {
  return kind !== 'target' && kind !== 'plugin' && adoptedDomainOf(tags) !== undefined;
}

/**
 * The part of an adopted entity that the configuration decides, whatever else people write there.
 */
export function asAdopted({ kind, key, domain, parent, fields: { host = null } }: Entity): Entity {
  const fields: JsonObject = kind === 'service' ? { host } : {};
  return {
    kind,
    key,
    domain,
    ...(parent !== undefined && { parent }),
    fields,
    tags: [adoptedTag(domain)],
    isPartial: true,
  };
}

/**
 * Settings of adopted domains, read from held entities or a revision. Nothing else of these domains
 * is set. The last one of two wins.
 */
export function adoptedIn(entities: Document): Readonly<Record<string, DomainSettings>> {
  const theirs = entities.filter((one) => one.isPartial || isAdopted(one));
  return Object.fromEntries(
    [...groupBy(theirs, ({ domain }) => domain)].flatMap(([domain, group]) => {
      const keysOf = (kind: Kind) => group.filter((one) => one.kind === kind).map(({ key }) => key);
      const [service, upstream] = [keysOf('service').at(-1), keysOf('upstream').at(-1)];
      const routes = [...new Set(keysOf('route'))];
      return service === undefined ? [] : [[domain, { adopted: { service, ...(upstream && { upstream }), routes } }]];
    }),
  );
}
