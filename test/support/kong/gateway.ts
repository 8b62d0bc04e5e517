import { request } from 'undici';
import { z } from 'zod';
import type { JsonObject } from '#core/model';
import { callersPluginName, pluginName } from '#core/names';
import { type Gateway, type GatewayOptions, startGateway } from '#sandbox/gateway/gateway';
import type { Hop } from '#sandbox/gateway/proxy/proxy';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { type Loopback, openLoopback } from '#sandbox/network/loopback';
import { type Provider, type ProviderOptions, startProvider } from '#sandbox/network/providers';
import { patienceMs } from '../until';

/** A gateway under the Konnect stand-in, and providers that answer what they were asked. */

const name = 'prod';
const token = 'kpat_test';

export type GatewayStage = {
  readonly konnect: Konnect;
  readonly gateway: Gateway;
  readonly loopback: Loopback;
  readonly hops: readonly Hop[];
  readonly reported: readonly { readonly id: string; readonly hostname: string; readonly configHash: string }[];
  /**
   * A provider at one address. It answers its address, and the request's path and body, unless
   * `handle` is given.
   */
  readonly provide: (handle?: ProviderOptions['handle']) => Promise<Provider>;
  /** An address that refuses connections. */
  readonly deadAddress: () => Promise<string>;
  /** Puts an entity into the control plane and gives its id. */
  readonly seed: (kind: Parameters<Konnect['seed']>[1], body: JsonObject) => string;
  /** Seeds an upstream with targets, its service and a route below `/sd2`. */
  readonly seedDomain: (
    addresses: readonly string[],
    over?: DomainOver,
  ) => { readonly service: string; readonly upstream: string };
  /** Until the gateway has what the control plane holds. */
  readonly settle: () => Promise<void>;
  readonly ask: (path: string, options?: AskOptions) => Promise<{ readonly status: number; readonly body: unknown }>;
  readonly close: () => Promise<void>;
};

type DomainOver = { readonly upstream?: JsonObject; readonly service?: JsonObject; readonly route?: JsonObject };
type AskOptions = {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string;
};

export async function startGatewayStage(
  options: Pick<GatewayOptions, 'runner' | 'callers'> = {},
): Promise<GatewayStage> {
  const konnect = await startKonnect({ controlPlanes: [{ name }], token });
  await uploadSchemas(konnect);
  const loopback = await openLoopback();
  const hops: Hop[] = [];
  const reported: GatewayStage['reported'][number][] = [];
  const gateway = await startGateway({
    controlPlane: { address: konnect.url, name, token },
    zoneId: 'use1-az1',
    reportNode: (node) => reported.push(node),
    onHop: (hop) => hops.push(hop),
    ...options,
  });
  const providers: Provider[] = [];
  const seed: GatewayStage['seed'] = (kind, body) => konnect.seed(name, kind, body).id;

  async function provide(handle = echo): Promise<Provider> {
    const provider = await startProvider({ addresses: loopback.allot(1), handle });
    providers.push(provider);
    return provider;
  }

  return {
    ...{ konnect, gateway, loopback, hops, reported, provide, seed },
    deadAddress: async () => {
      const provider = await provide();
      await provider.close();
      return addressOf(provider);
    },
    seedDomain: (addresses, over = {}) => {
      const upstream = seed('upstreams', { name: 'sd2.privatelink', ...over.upstream });
      for (const target of addresses) seed('targets', { upstream: { id: upstream }, target });
      const service = seed('services', {
        name: 'sd2',
        protocol: 'http',
        host: 'sd2.privatelink',
        connect_timeout: 200,
        ...over.service,
      });
      seed('routes', { name: 'sd2', service: { id: service }, protocols: ['http'], paths: ['/sd2'], ...over.route });
      return { service, upstream };
    },
    settle: () => gateway.waitForConfig(konnect.configHash(name), patienceMs),
    ask: async (path, { method = 'GET', ...rest } = {}) => {
      const answer = await request(gateway.url + path, { method, signal: AbortSignal.timeout(patienceMs), ...rest });
      const text = await answer.body.text();
      const isJson = answer.headers['content-type']?.includes('json');
      return { status: answer.statusCode, body: isJson ? z.json().parse(JSON.parse(text)) : text };
    },
    close: async () => {
      await gateway.close();
      await Promise.all([konnect.close(), ...providers.map((provider) => provider.close())]);
    },
  };
}

const echo: ProviderOptions['handle'] = async ({ address, path, body }) => ({ body: { address, path, body } });

/** `ip:port` of a provider's first address. */
export function addressOf({ addresses, port }: Provider): string {
  return `${addresses[0]}:${port}`;
}

async function uploadSchemas({ url }: Konnect): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const plane = z
    .object({ data: z.tuple([z.object({ id: z.string() })]) })
    .parse(await (await request(`${url}/v2/control-planes`, { headers })).body.json()).data[0];
  for (const plugin of [pluginName, callersPluginName]) {
    const answer = await request(`${url}/v2/control-planes/${plane.id}/core-entities/plugin-schemas`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ lua_schema: `return { name = "${plugin}", fields = {} }` }),
    });
    await answer.body.dump();
  }
}
