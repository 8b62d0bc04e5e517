import type { Ground, Prepared } from '#sandbox/estates/estate';
import { interfacesIn, tagsOf } from '#sandbox/estates/provider';
import { type Provider, startProvider } from '#sandbox/network/providers';

/**
 * Three domains: `/sd2` is stripped, a path below it is granted to another domain, and one path has
 * operators of regular expressions.
 */
export const claims = { sd2: undefined, orders: '/sd2/orders', meta: '/v1.0/a+b(c)' } as const;
type Domain = keyof typeof claims;

/**
 * The requested path, its domain, the path at the provider, and the stripped prefix in the header.
 */
type Reached = { readonly asked: string; readonly domain: Domain; readonly arriving: string; readonly prefix?: string };

export const reached: readonly Reached[] = [
  { asked: '/sd2', domain: 'sd2', arriving: '/', prefix: '/sd2' },
  { asked: '/sd2/', domain: 'sd2', arriving: '/', prefix: '/sd2/' },
  { asked: '/sd2/x', domain: 'sd2', arriving: '/x', prefix: '/sd2/' },
  { asked: '/sd2?x=1', domain: 'sd2', arriving: '/?x=1', prefix: '/sd2' },
  { asked: '//sd2//x', domain: 'sd2', arriving: '/x', prefix: '/sd2/' },
  { asked: '/sd2/orders2', domain: 'sd2', arriving: '/orders2', prefix: '/sd2/' },
  { asked: '/sd2/orders', domain: 'orders', arriving: '/sd2/orders' },
  { asked: '/sd2/orders/1', domain: 'orders', arriving: '/sd2/orders/1' },
  { asked: '/v1.0/a+b(c)', domain: 'meta', arriving: '/v1.0/a+b(c)' },
  { asked: '/v1.0/a+b(c)/x', domain: 'meta', arriving: '/v1.0/a+b(c)/x' },
];

/** Paths that only begin with a claimed path, or look like one. */
export const unreached: readonly string[] = [
  ...['/sd22', '/sd22/secret', '/sd2-admin', '/sd2;a', '/sd2%2Fx', '/SD2', '/sd', '/'],
  ...['/v1x0/a+b(c)', '/v1.0/aab(c)', '/v1.0/a+bc', '/v1.0/a+b(c)d'],
];

const account = '111111111111';
const region = 'us-east-1';
const zone = 'use1-az1';

/** The three domains behind endpoints of one account. */
export async function preparePaths(): Promise<Prepared> {
  const allow = `{ paths: [${claims.orders}], addresses: ["127.0.0.0/8"] }`;
  return {
    title: 'paths that begin alike',
    setting: {
      ...{ accounts: { gateway: account }, region, zoneId: zone, domains: ['sd2'] },
      sources: (url) =>
        `sources:\n  - { name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${url}", allow: ${allow} }\n`,
      pulse: { action: 'DescribeVpcEndpoints', region },
    },
    open: () => Promise.reject(new Error('this estate has no story')),
  };
}

export type Paths = { readonly providers: ReadonlyMap<string, Provider>; close(): Promise<void> };

export async function openPaths({ world, loopback }: Ground): Promise<Paths> {
  const vpcId = world.createVpc({ account, region, zoneIds: [zone] }).id;
  const providers = new Map<string, Provider>();
  for (const [domain, path] of Object.entries(claims)) {
    const provider = await startProvider({ addresses: loopback.allot(1), handle: async () => ({ body: { domain } }) });
    const { name: serviceName } = world.createService({ account: '222222222222', region });
    const tags = tagsOf(domain, provider, path);
    world.createEndpoint({ account, region, vpcId, serviceName, tags, interfaces: interfacesIn([zone], provider) });
    providers.set(domain, provider);
  }
  return { providers, close: async () => void (await Promise.all([...providers.values()].map((one) => one.close()))) };
}
