import { randomUUID } from 'node:crypto';
import type { JsonObject } from '#core/model';
import type { VpcEndpoint } from '../aws/world/model';
import { type Provider, type ProviderRequest, startProvider } from '../network/providers';
import type { StoryEvent } from '../story';
import {
  broken,
  createHopBook,
  createRoles,
  type Estate,
  type Experiment,
  type GatewayAddress,
  type Ground,
  loopbackAllowed,
  openConsumer,
  type Prepared,
  type Stage,
  warmUp,
} from './estate';
import { answering, interfacesIn, tagsOf } from './provider';

const accounts = { gateway: '111111111111', dogs: '222222222222', todo: '333333333333' };
const region = 'us-east-1';
const zones = ['use1-az1', 'use1-az2'];
const homeZone = 'use1-az1';
const methods: Readonly<Record<Domain, readonly string[]>> = { dogs: ['GET'], todo: ['GET', 'POST'] };
const domains: readonly Domain[] = ['dogs', 'todo'];

type Domain = 'dogs' | 'todo';

/** Requests that a consumer has in a minute. */
export const requestsPerMinute = 30;

/** The gateway's plugins for every caller of any domain. */
const plugins: readonly JsonObject[] = [
  { name: 'key-auth', config: { key_names: ['x-api-key'], hide_credentials: true } },
  { name: 'rate-limiting', config: { minute: requestsPerMinute, policy: 'local' } },
];

/**
 * The estate with the providers of each domain's endpoint: one per interface, in the order of the
 * zones.
 */
export type T2 = Estate & { readonly interfaces: ReadonlyMap<Domain, readonly Provider[]> };

/**
 * Estate T2: one public API at a central gateway, dogs on ECS and todo on EC2 in accounts of their
 * own.
 */
export async function prepareT2(ground: Ground): Promise<Prepared> {
  createRoles(ground.world, accounts);
  return {
    title: `estate T2 on loopback, a central gateway
  consumer -> Kong gateway (111111111111)
           -> dogs (222222222222), todo (333333333333)
  Routes carry key-auth and rate-limiting. Only a real Kong runs these
  (npm run test:kong).`,
    setting: {
      accounts,
      region,
      zoneId: homeZone,
      domains,
      plugins,
      sources: (url) =>
        `sources:\n  - { name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${url}", allow: { domains: [dogs, todo], paths: [/dogs, /todo], ${loopbackAllowed} } }\n`,
      pulse: { action: 'DescribeVpcEndpoints', region },
    },
    open: (gateway) => openT2(ground, gateway),
  };
}

/** Builds the estate behind a gateway that listens already. */
export async function openT2(ground: Ground, gateway: GatewayAddress): Promise<T2> {
  const { world, loopback } = ground;
  const book = createHopBook();
  const consumer = await openConsumer(ground, gateway, book);
  const vpcId = world.createVpc({ account: accounts.gateway, region, zoneIds: zones }).id;
  const open = new Set<Pick<Provider, 'close'>>([consumer]);
  const connect = async (name: string, account: string, handler: Domain) => {
    const served = await serveEach(loopback.allot(zones.length), handler);
    for (const one of served) open.add(one);
    const addressesFor = answering(loopback, () => served[0]);
    const { name: serviceName } = world.createService({ account, region, addressesFor });
    const endpoint = world.createEndpoint({
      ...{ account: accounts.gateway, region, vpcId, serviceName },
      tags: tagsOf(name, { port: served[0]?.port ?? 0 }, `/${name}`),
      interfaces: interfacesIn(zones, { addresses: served.flatMap(({ addresses }) => addresses) }),
    });
    return { endpoint, served };
  };
  const dogs = await connect('dogs', accounts.dogs, 'dogs');
  const todo = await connect('todo', accounts.todo, 'todo');
  return {
    door: `${consumer.address}/dogs`,
    legs: ['consumer gateway', ...domains.map((domain) => `gateway ${domain}`)],
    send: async (traceId) => {
      const answers = await Promise.all(domains.map((domain) => consumer.ask(`/${domain}`, domain, traceId)));
      return answers.map(({ nonce }) => nonce).join(' ');
    },
    takeHops: book.take,
    interfaces: new Map([
      ['dogs', dogs.served],
      ['todo', todo.served],
    ]),
    acts: [
      (stage) => stage.synchronise('dogs and todo are connected: one API, routed by path', () => warmUp(stage)),
      (stage) => replace(stage, todo.endpoint, () => connect('todo', accounts.todo, 'todo')),
      async (stage) => {
        await connect('cats', accounts.todo, 'todo');
        return mustNotChange(
          await stage.synchronise('somebody tags an endpoint cats, which this gateway does not allow'),
        );
      },
    ],
    experiment: () => halve(dogs.endpoint),
    close: async () => void (await Promise.all([...open].map((one) => one.close()))),
  };
}

function halve({ id }: VpcEndpoint): Experiment {
  const command = `aws ec2 create-tags --resources ${id} --tags Key=kong:weight,Value=50`;
  return { what: 'halve the weight of dogs', command };
}

/** A provider for each address, all on one port, so that one of them can go. */
async function serveEach(addresses: readonly string[], domain: Domain): Promise<readonly Provider[]> {
  const handle = async (request: ProviderRequest) => answer(domain, request);
  const served: Provider[] = [];
  for (const address of addresses)
    served.push(await startProvider({ addresses: [address], port: served[0]?.port, handle }));
  return served;
}

function answer(domain: Domain, { method, path }: ProviderRequest) {
  const status = methods[domain].includes(method) ? 200 : 405;
  return { status, body: { domain, method, path, nonce: randomUUID() } };
}

async function replace(stage: Stage, old: VpcEndpoint, connect: () => Promise<unknown>): Promise<StoryEvent> {
  await connect();
  stage.world.deleteEndpoint(old.id);
  return stage.synchronise("todo's instances moved behind another endpoint, and the old one is deleted");
}

function mustNotChange(event: StoryEvent): StoryEvent {
  return event.changed.length > 0 ? broken(event, 'an endpoint that is not allowed changed the control plane') : event;
}
