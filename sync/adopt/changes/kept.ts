import { formatAddress } from '#core/addresses/targets';
import type { Endpoint } from '#core/model';
import { upstreamName } from '#core/names';
import { isBounded } from '#core/paths';
import type { HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { textsOf } from '#deck/route-paths';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { Lead } from '../leads/lead';
import { fieldText, type Place, type ServiceParts } from '../parts';

/** Lists unchanged settings, for people. */
export function keepsOf({ service, upstream, routes, plugins }: ServiceParts): readonly string[] {
  const { path, connect_timeout: connect, write_timeout: write, read_timeout: read, retries } = service.fields;
  const settings = [
    ...(path ? [`path ${path}`] : []),
    ...(connect === undefined ? [] : [`time-outs (connect ${connect} ms, write ${write} ms, read ${read} ms)`]),
    ...(retries === undefined ? [] : [`retries ${retries}`]),
    'TLS settings',
  ];
  return [
    `service ${service.key}: its name, its id, ${settings.join(', ')}`,
    ...(upstream ? [`upstream ${upstream.key}: its name, its id, its algorithm, its health checks`] : []),
    ...(routes.length > 0 ? [`${counted('route', routes)}: all fields, strip_path and preserve_host too`] : []),
    ...(plugins.length > 0 ? [`${counted('plugin', plugins)}: all fields`] : []),
  ];
}

function counted(kind: string, entities: readonly HeldEntity[]): string {
  return `${kind}${entities.length === 1 ? '' : 's'} ${entities.map(({ key }) => nameInParent(key)).join(', ')}`;
}

type Changing = {
  readonly domain: string;
  readonly host?: string;
  readonly tagged: readonly {
    readonly endpoint: SeenEndpoint;
    readonly tags: Readonly<Record<string, string>>;
    readonly admitted: Endpoint;
  }[];
};

/** Lists changes without an effect on requests, for people. Targets are listed elsewhere. */
export function changesOf(
  { service, upstream, routes }: ServiceParts,
  { domain, host, tagged }: Changing,
): readonly string[] {
  const own = upstreamName(domain);
  const header = host ?? own;
  const targets = tagged.flatMap(({ admitted: { addresses, port } }) =>
    addresses.map(({ ip }) => formatAddress({ ip, port })),
  );
  const written = fieldText(upstream?.fields.host_header);
  const kinds = [upstream ? 'upstream and its targets' : '', routes.length > 0 ? 'routes' : ''].filter(Boolean);
  return [
    `tags of this owner on service${kinds.map((kind) => `, ${kind}`).join('')}`,
    ...(upstream && host !== undefined && written.toLowerCase() !== host
      ? [`upstream ${upstream.key} host_header: ${written || 'none'} -> ${host}`]
      : []),
    ...(upstream
      ? []
      : [
          `upstream ${own} is new: host_header ${header}, no health check, targets ${targets.join(', ')}`,
          `service ${service.key} host: ${fieldText(service.fields.host)} -> ${own}`,
        ]),
    ...tagged.flatMap(({ endpoint, tags }) => replacedTags(endpoint, tags)),
  ];
}

function replacedTags({ id, tags: held }: SeenEndpoint, tags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(tags)
    .filter(([key]) => held[key] !== undefined)
    .map(([key, value]) => `tag ${key} of ${id}: ${held[key]} -> ${value || 'empty'}`);
}

type Pointing = { readonly place: Place; readonly lead: Lead };

/** Lists existing oddities, which adoption keeps. */
export function keptFindingsOf({ service, routes }: ServiceParts, leads: readonly Pointing[]): readonly string[] {
  return [
    ...(service.fields.enabled === false ? [`service ${service.key} is disabled: it answers no request`] : []),
    ...(routes.length === 0 ? [`service ${service.key} has no route: no request reaches it`] : []),
    ...routes.flatMap(unboundedOf),
    ...leads.flatMap(({ place: { host }, lead }) =>
      lead.to === 'endpoint' && lead.zoneName !== undefined && lead.ips.length === 0
        ? [`${host} is for zone ${lead.zoneName}, but ${lead.endpoint.id} has no interface there: nothing answers`]
        : [],
    ),
  ];
}

/** Adopted routes are not rewritten. */
function unboundedOf({ key, fields: { paths } }: HeldEntity): readonly string[] {
  const plain = Array.isArray(paths) ? textsOf(paths).filter((path) => !isBounded(path)) : [];
  return plain.map((path) => `route ${key} has path ${path}, which matches ${path}x too; adopt does not change it`);
}
