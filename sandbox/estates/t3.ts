import { randomUUID } from 'node:crypto';
import type { Attributes, HttpService } from '../aws/cloud-map/world';
import type { Provider } from '../network/providers';
import type { StoryEvent } from '../story';
import {
  answerSchema,
  ask,
  broken,
  createHopBook,
  createRoles,
  type Estate,
  type GatewayAddress,
  type Ground,
  type HopBook,
  loopbackAllowed,
  openConsumer,
  type Prepared,
  type Stage,
  timed,
  warmUp,
} from './estate';
import { answering, interfacesIn, startDomain, tagsOf } from './provider';

const accounts = { gateway: '111111111111', provider: '222222222222' };
const region = 'us-east-1';
const homeZone = 'use1-az1';
/** The provider's load balancer is enabled in these alone. */
const zones = ['use1-az1', 'use1-az2'];
const namespace = 'registry';

/**
 * Estate T3: a Cloud Map namespace with the addresses of one endpoint, published by the product,
 * and a service registered by others.
 */
export async function prepareT3(ground: Ground): Promise<Prepared> {
  createRoles(ground.world, accounts);
  const { id: namespaceId } = ground.world.cloudMap.createNamespace({
    account: accounts.gateway,
    region,
    name: namespace,
  });
  const employees = ground.world.cloudMap.createHttpService({ namespaceId, name: 'employees' });
  const payroll = ground.world.cloudMap.createHttpService({ namespaceId, name: 'payroll' });
  return {
    title: `estate T3 on loopback, with a Cloud Map registry
  consumer -> Cloud Map (111111111111) -> employees (222222222222)
  consumer -> Kong gateway (111111111111)
           -> employees by its endpoint, payroll by Cloud Map`,
    setting: {
      accounts,
      region,
      zoneId: homeZone,
      domains: ['employees', 'payroll'],
      sources: (url) => `sources:
  - { name: hub, type: vpc-endpoints, regions: [${region}], endpoint: "${url}", allow: { ${loopbackAllowed} } }
  - { name: registry, type: cloud-map, regions: [${region}], namespace: ${namespace}, services: [payroll], endpoint: "${url}", allow: { ${loopbackAllowed} } }
publish:
  - { namespace: ${namespace}, service: employees, domain: employees, region: ${region}, endpoint: "${url}" }
`,
      pulse: { action: 'DescribeVpcEndpoints', region },
    },
    open: (gateway) => openT3(ground, { gateway, employees, payroll }),
  };
}

type Parts = { readonly gateway: GatewayAddress; readonly employees: HttpService; readonly payroll: HttpService };

async function openT3(ground: Ground, { gateway, employees, payroll }: Parts): Promise<Estate> {
  const { world, loopback } = ground;
  const book = createHopBook();
  const consumer = await openConsumer(ground, gateway, book);
  const connected = await connectEmployees(ground);
  const registered = await startDomain('payroll', loopback.allot(2));
  const [first, second] = instancesOf(registered);
  // A team registers its own service by hand.
  if (first) world.cloudMap.registerInstance({ serviceId: payroll.id, id: randomUUID(), attributes: first });

  async function recreate(stage: Stage): Promise<StoryEvent> {
    const before = addressesIn(ground, employees);
    const old = await connected.recreate();
    const what = 'the endpoint was recreated: its instances in Cloud Map are replaced';
    const event = await stage.synchronise(what, () => old.close());
    const stale = addressesIn(ground, employees).filter((address) => before.includes(address));
    return stale.length > 0 ? broken(event, `Cloud Map still holds ${stale.join(' ')}`) : event;
  }

  return {
    door: `${consumer.address}/employees`,
    legs: ['consumer gateway', 'gateway employees', 'gateway payroll', 'consumer employees'],
    send: async (traceId) => {
      for (const domain of ['payroll', 'employees']) await consumer.ask(`/${domain}`, domain, traceId);
      return askByRegistry(ground, { employees, traceId, book });
    },
    takeHops: book.take,
    acts: [
      (stage) =>
        stage.synchronise('employees is registered in Cloud Map; some zones have no interface of it', () =>
          warmUp(stage),
        ),
      recreate,
    ],
    experiment: () => ({ what: 'register a second instance of payroll', command: registration(payroll, second) }),
    close: async () => void (await Promise.all([consumer, connected, registered].map((one) => one.close()))),
  };
}

/**
 * Connects the endpoint of employees. Its provider answers at new addresses after each recreation;
 * the old addresses answer until they are closed.
 */
async function connectEmployees({ world, loopback }: Ground) {
  const start = () => startDomain('employees', loopback.allot(zones.length));
  let provider = await start();
  const open = [provider];
  const addressesFor = answering(loopback, () => provider);
  const service = world.createService({ account: accounts.provider, region, zoneIds: zones, addressesFor });
  let { id } = world.createEndpoint({
    ...{ account: accounts.gateway, region, serviceName: service.name },
    tags: tagsOf('employees', provider, '/employees'),
    interfaces: interfacesIn(zones, provider),
  });
  return {
    recreate: async (): Promise<Provider> => {
      const old = provider;
      provider = await start();
      open.push(provider);
      ({ id } = world.recreateEndpoint(id, { interfaces: interfacesIn(zones, provider) }));
      world.setTags(id, tagsOf('employees', provider, '/employees'));
      return old;
    },
    close: async () => void (await Promise.all(open.map((one) => one.close()))),
  };
}

/** Attributes of an instance for each address of payroll. */
function instancesOf({ addresses, port }: Provider): readonly Attributes[] {
  return addresses.map((ip) => ({ AWS_INSTANCE_IPV4: ip, AWS_INSTANCE_PORT: String(port), 'kong:path': '/payroll' }));
}

function registration({ id }: HttpService, attributes: Attributes = {}): string {
  const words = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return `aws servicediscovery register-instance --service-id ${id} --instance-id second --attributes ${words.join(',')}`;
}

/** `ip:port` of each instance, as a consumer that knows no DNS finds them. */
function addressesIn({ world }: Ground, { id }: HttpService): readonly string[] {
  return world.cloudMap
    .instances(id)
    .map(({ attributes }) => `${attributes.AWS_INSTANCE_IPV4}:${attributes.AWS_INSTANCE_PORT}`);
}

type Lookup = {
  readonly employees: HttpService;
  readonly traceId: string;
  readonly book: HopBook;
};

async function askByRegistry(ground: Ground, { employees, traceId, book }: Lookup): Promise<string> {
  const [address] = addressesIn(ground, employees);
  if (!address) throw new Error('Cloud Map has no instance of employees');
  const hop = { from: 'consumer', to: 'employees', address, reason: 'an instance from Cloud Map', traceId };
  const { body } = await timed(book, hop, () => ask(address, '/employees', traceId));
  return answerSchema.parse(body).nonce;
}
