import { randomUUID } from 'node:crypto';
import type { EndpointService } from '../aws/world/model';
import type { AwsWorld } from '../aws/world/world';
import { startPassThrough } from '../network/pass-through';
import { type Provider, type ProviderRequest, startProvider } from '../network/providers';
import type { Hop } from '../story';
import { ask, createHopBook, type GatewayAddress, type Ground, traceOf } from './estate';
import { answering } from './provider';

/**
 * Estate T0: SD1 -> gateway -> SD2 -> gateway -> egress -> on-premises, four accounts in one
 * region.
 */
export const region = 'us-east-1';
export const accounts = {
  sd1: '111111111111',
  gateway: '222222222222',
  sd2: '333333333333',
  egress: '444444444444',
  /** In no contract. */
  stranger: '555555555555',
};
/** Zone of the data plane, and of the callers. */
export const homeZone = 'use1-az1';
const zones = ['use1-az1', 'use1-az2', 'use1-az3'];

/** An endpoint of the gateway's account with the providers at its interfaces. */
export type Connected = { readonly endpointId: string; readonly provider: Provider };

/**
 * An endpoint to the gateway's endpoint service; `address`: `ip:port` of its interface. Nobody
 * answers there before the gateway's account accepts it.
 */
export type Door = { readonly endpointId: string; readonly address: string; close(): Promise<void> };

export type T0 = {
  /**
   * The addresses by which SD1's function and SD2's service reach the gateway: `ip:port` of their
   * own interface endpoints.
   */
  readonly sd1Door: string;
  readonly sd2: Connected;
  /** Recreates SD2's endpoint with new addresses. The old interfaces answer until `old.close()`. */
  recreateSd2(): Promise<{ readonly now: Connected; readonly old: Provider }>;
  /** A second connection to SD2's service, tagged like the first and not accepted. */
  connectSecond(): Promise<Connected>;
  /** A connection of an account that is in no contract to the gateway's service, not accepted. */
  connectStranger(): Promise<Door>;
  /** Hops that the domains themselves made, by trace id. */
  takeHops(traceId: string): readonly Hop[];
  close(): Promise<void>;
};

export type T0Options = Ground & { readonly gateway: GatewayAddress };

/** The gateway's endpoint service, created on first use. Its account accepts connections. */
export function frontOf(world: AwsWorld): EndpointService {
  const place = { account: accounts.gateway, region };
  return world.services(place)[0] ?? world.createService({ ...place, acceptanceRequired: true });
}

/** Builds the estate: AWS's part in `world`, and servers on the addresses of its interfaces. */
export async function openT0(options: T0Options): Promise<T0> {
  const { world } = options;
  const { record, take: takeHops } = createHopBook();
  createNetworks(world);
  const onPremises = await startProvider({
    addresses: options.loopback.allot(1),
    handle: async () => ({ body: { nonce: randomUUID() } }),
  });
  const [sd1Door, sd2Door] = [await openAccepted('sd1', options), await openAccepted('sd2', options)];
  const egress = await connectEgress(onPremises, { ...options, record });
  const addressesFor = answering(options.loopback, () => sd2.provider);
  const sd2Service = world.createService({ account: accounts.sd2, region, acceptanceRequired: true, addressesFor });
  const serve = (addresses: readonly string[], port?: number) =>
    startProvider({ addresses, port, handle: (asked) => answerAsSd2(asked, sd2Door.address, record) });
  const open = new Set<Closable>([onPremises, sd1Door, sd2Door, egress.provider]);
  const connect = async () => {
    const connected = await connectDomain('sd2', { ...options, serviceName: sd2Service.name, serve });
    open.add(connected.provider);
    return connected;
  };
  let sd2 = await connect();
  world.accept(sd2.endpointId);
  return {
    sd1Door: sd1Door.address,
    get sd2() {
      return sd2;
    },
    recreateSd2: async () => {
      const old = sd2;
      const addresses = options.loopback.allot(zones.length);
      const provider = await serve(addresses, addresses.length > 1 ? old.provider.port : undefined);
      const endpoint = world.recreateEndpoint(old.endpointId, { interfaces: interfacesOf(addresses) });
      world.setTags(endpoint.id, tagsOf('sd2', provider));
      world.accept(endpoint.id);
      sd2 = { endpointId: endpoint.id, provider };
      open.add(provider);
      return { now: sd2, old: old.provider };
    },
    connectSecond: connect,
    connectStranger: async () => {
      const door = await openDoor('stranger', options);
      open.add(door);
      return door;
    },
    takeHops,
    close: async () => void (await Promise.all([...open].map((one) => one.close()))),
  };
}

type Closable = { close(): Promise<void> };

type Record = (traceId: string, hop: Hop) => void;

/**
 * Networks of accounts whose endpoints people may create. Other accounts get one with their first
 * endpoint.
 */
function createNetworks(world: AwsWorld): void {
  for (const account of [accounts.gateway, accounts.stranger]) world.createVpc({ account, region, zoneIds: zones });
}

function interfacesOf(addresses: readonly string[]) {
  return addresses.map((ip, index) => ({ ip, zoneId: zones[index] ?? homeZone }));
}

/**
 * An account's own endpoint to the gateway's endpoint service. The load balancer tells the gateway
 * the endpoint id.
 */
async function openDoor(who: keyof typeof accounts, { world, loopback, gateway }: T0Options): Promise<Door> {
  const addresses = loopback.allot(1);
  const { id: endpointId } = world.createEndpoint({
    ...{ account: accounts[who], region, serviceName: frontOf(world).name },
    interfaces: interfacesOf(addresses),
  });
  const { host, port, proxiedPort } = gateway;
  const { port: own, close } = await startPassThrough({
    addresses,
    to: { host, port: proxiedPort ?? port },
    endpointId: proxiedPort === undefined ? undefined : endpointId,
    isOpen: () => world.endpoint(endpointId)?.state === 'available',
  });
  return { endpointId, address: `${addresses[0]}:${own}`, close };
}

/** A connection to the gateway that people accepted long ago. */
async function openAccepted(who: 'sd1' | 'sd2', options: T0Options): Promise<Door> {
  const door = await openDoor(who, options);
  options.world.accept(door.endpointId);
  return door;
}

function tagsOf(domain: string, { port }: Provider) {
  return { 'kong:domain': domain, 'kong:port': String(port) };
}

type Serve = (addresses: readonly string[]) => Promise<Provider>;

/** An endpoint of the gateway's account to a provider's service, tagged for the domain. */
async function connectDomain(
  domain: string,
  { world, loopback, serviceName, serve }: T0Options & { serviceName: string; serve: Serve },
): Promise<Connected> {
  const provider = await serve(loopback.allot(zones.length));
  const tags = tagsOf(domain, provider);
  const endpoint = world.createEndpoint({
    account: accounts.gateway,
    region,
    vpcId: world.vpcs({ account: accounts.gateway, region })[0]?.id,
    serviceName,
    tags,
    interfaces: interfacesOf(provider.addresses),
  });
  return { endpointId: endpoint.id, provider };
}

/** The egress account's load balancer, whose target is an on-premises address. */
async function connectEgress(
  onPremises: Provider,
  options: T0Options & { readonly record: Record },
): Promise<Connected> {
  const address = `${onPremises.addresses[0]}:${onPremises.port}`;
  const handle = async (asked: ProviderRequest) => {
    const startMs = performance.now();
    const { body } = await ask(address, asked.path, traceOf(asked));
    const reason = 'target of the egress load balancer';
    options.record(traceOf(asked), {
      from: 'egress',
      to: 'on-premises',
      address,
      reason,
      latencyMs: performance.now() - startMs,
    });
    return { body };
  };
  const addressesFor = answering(options.loopback, () => egress.provider);
  const service = options.world.createService({ account: accounts.egress, region, addressesFor });
  const egress = await connectDomain('egress', {
    ...options,
    serviceName: service.name,
    serve: (addresses) => startProvider({ addresses, handle }),
  });
  return egress;
}

/** SD2 answers after it has called on-premises through the gateway's egress route. */
async function answerAsSd2(asked: ProviderRequest, door: string, record: Record) {
  const startMs = performance.now();
  const { status, body } = await ask(door, '/egress/record', traceOf(asked));
  const reason = "SD2's own endpoint to the gateway";
  record(traceOf(asked), {
    from: 'sd2',
    to: 'gateway',
    address: door,
    zoneId: homeZone,
    reason,
    latencyMs: performance.now() - startMs,
  });
  return { status, body: { domain: 'sd2', onPremises: body } };
}
