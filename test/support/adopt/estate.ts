import { defaultTagKeys } from '#config/schema';
import type { SeenEndpoint, SeenScope } from '#discovery/seen/model';
import type { AwsWorld } from '#sandbox/aws/world/world';
import { zonesOf } from '#sandbox/aws/world/zones';
import { type Estate, gatewayAccount } from '../estate';

/**
 * Creates the endpoints of known scopes in a world, with their ids, names, addresses, states and
 * tags.
 */
export function makeEndpoints(world: AwsWorld, scopes: readonly SeenScope[]): void {
  for (const scope of scopes) if (scope.status === 'known') for (const one of scope.endpoints) makeEndpoint(world, one);
}

function makeEndpoint(world: AwsWorld, { id, dnsNames, scope: { region }, ...endpoint }: SeenEndpoint): void {
  const service = world.createService({ account: '333333333333', region });
  const place = { account: gatewayAccount, region };
  const zoneIds = new Map(zonesOf(place).map((zone) => [zone.name, zone.id]));
  const zones = new Map(endpoint.addresses.map(({ zoneName = '' }) => [zoneName, zoneIds.get(zoneName) ?? '']));
  const interfaces = [...zones].map(([zoneName, zoneId]) => {
    const ips = endpoint.addresses.filter((one) => one.zoneName === zoneName).map(({ ip }) => ip);
    return { zoneId, ip: ips.find((ip) => !ip.includes(':')), ipv6: ips.find((ip) => ip.includes(':')) };
  });
  const { tags, state, type } = endpoint;
  const known = { id, dnsNames };
  world.createEndpoint({ ...place, serviceName: service.name, interfaces, tags, state, type, known });
}

/** The configuration of an owner whose sources see these scopes. */
export function configurationOf(
  { aws, konnect }: Pick<Estate, 'aws' | 'konnect'>,
  scopes: readonly SeenScope[],
): object {
  const sources = scopes.flatMap((one) => (one.status === 'known' ? sourceOf(one, aws.url) : []));
  const controlPlane = { type: 'konnect', address: konnect.url, name: 'prod', token: `\${KONNECT_TOKEN}` };
  return { owner: 'test', sources, controlPlane };
}

function sourceOf({ scope, endpoints }: SeenScope & { readonly status: 'known' }, endpoint: string): object {
  const { source, region } = scope;
  return {
    name: `${source}-${region}`,
    ...{ type: 'vpc-endpoints', regions: [region], endpoint },
    allow: Object.assign({}, ...endpoints.map(({ allow }) => allow)),
    tags: Object.assign({}, ...endpoints.map(({ tagKeys }) => differing(tagKeys))),
  };
}

function differing(tagKeys: SeenEndpoint['tagKeys']) {
  const usual = new Set(Object.values(defaultTagKeys));
  return Object.fromEntries(Object.entries(tagKeys).filter(([, key]) => !usual.has(key)));
}
