import type { Instance, Vpc } from '../aws/world/model';
import { startDnsServer } from '../network/dns-server';
import type { Provider } from '../network/providers';
import type { StoryEvent } from '../story';
import {
  broken,
  createHopBook,
  createRoles,
  type Estate,
  type GatewayAddress,
  type Ground,
  loopbackAllowed,
  openConsumer,
  type Prepared,
  roleArnOf,
  type Stage,
  warmUp,
} from './estate';
import { startDomain, tagPaths, tagsOf } from './provider';

const accounts = { gateway: '111111111111', provider: '222222222222' };
const region = 'us-east-1';
const homeZone = 'use1-az1';
const dnsName = 'catalogue.provider.internal';

/**
 * Estate T4: peered VPCs without PrivateLink: an instance by its tag, a load balancer by its DNS
 * name, and a fixed address.
 */
export async function prepareT4(ground: Ground): Promise<Prepared> {
  const { world, loopback } = ground;
  createRoles(world, accounts);
  const [catalogue, archive] = await Promise.all([
    startDomain('catalogue', loopback.allot(1)),
    startDomain('archive', loopback.allot(1)),
  ]);
  const dns = await startDnsServer(new Map([[`A ${dnsName}`, catalogue.addresses]]));
  return {
    title: `estate T4 on loopback, peered networks without PrivateLink
  consumer -> Kong gateway (111111111111)
           -> stock (222222222222, an instance), catalogue (a DNS name),
              archive (an address)`,
    setting: {
      accounts,
      region,
      zoneId: homeZone,
      domains: ['stock', 'catalogue', 'archive'],
      sources: (url) => `sources:
  - { name: peered, type: ec2-instances, regions: [${region}], accounts: [{ roleArn: "${roleArnOf(accounts.provider)}" }], endpoint: "${url}", allow: { ${loopbackAllowed} } }
  - { name: names, type: dns, servers: ["${dns.address}"], names: [{ name: ${dnsName}, domain: catalogue, port: ${catalogue.port} }], allow: { ${loopbackAllowed} } }
  - { name: fixed, type: static, endpoints: [{ domain: archive, addresses: ["${archive.addresses[0]}"], port: ${archive.port} }], allow: { ${loopbackAllowed} } }
`,
      pulse: { action: 'DescribeInstances', region },
    },
    open: (gateway) => openT4(ground, gateway),
    close: async () => void (await Promise.all([catalogue.close(), archive.close(), dns.close()])),
  };
}

async function openT4(ground: Ground, gateway: GatewayAddress): Promise<Estate> {
  const { world, loopback } = ground;
  const book = createHopBook();
  const consumer = await openConsumer(ground, gateway, book);
  const hub = world.createVpc({ account: accounts.gateway, region, network: '10.1' });
  const vpc = world.createVpc({ account: accounts.provider, region, network: '10.2' });
  world.acceptPeering(world.createPeering({ requester: hub, accepter: vpc }).id);
  const open = new Set<Pick<Provider, 'close'>>([consumer]);
  const launch = async (domain: string, { id: vpcId }: Vpc, zoneId = homeZone) => {
    const provider = await startDomain(domain, loopback.allot(1));
    open.add(provider);
    const [ip] = provider.addresses;
    const place = { account: accounts.provider, region, vpcId, zoneId, ip };
    return { provider, instance: world.createInstance({ ...place, tags: tagsOf(domain, provider) }) };
  };
  let stock = await launch('stock', vpc);
  const domains = ['stock', 'catalogue', 'archive'];
  return {
    door: `${consumer.address}/stock`,
    legs: ['consumer gateway', ...domains.map((domain) => `gateway ${domain}`)],
    send: async (traceId) => {
      const answers = await Promise.all(domains.map((domain) => consumer.ask(`/${domain}`, domain, traceId)));
      return answers.map(({ nonce }) => nonce).join(' ');
    },
    takeHops: book.take,
    acts: [
      (stage) => stage.synchronise('the networks are peered: an instance, a name and an address', () => warmUp(stage)),
      async (stage) => {
        world.terminateInstance(stock.instance.id);
        stock = await launch('stock', vpc, 'use1-az2');
        return stage.synchronise('the instance is replaced by another, in another zone');
      },
      (stage) => overlap(stage, { hub, launch: (other) => launch('mirror', other) }),
    ],
    experiment: () => tagPaths(stock.instance.id, ['/stock', '/inventory'], ' --profile provider'),
    close: async () => void (await Promise.all([...open].map((one) => one.close()))),
  };
}

type Overlap = {
  readonly hub: Vpc;
  readonly launch: (vpc: Vpc) => Promise<{ readonly provider: Provider; readonly instance: Instance }>;
};

/** Nobody synchronises before the finding is read: the tag goes, and the instance gets no route. */
async function overlap(stage: Stage, { hub, launch }: Overlap): Promise<StoryEvent> {
  const { world } = stage;
  const other = world.createVpc({ account: accounts.provider, region, network: '10.1' });
  world.createPeering({ requester: hub, accepter: other });
  const { provider, instance } = await launch(other);
  const { findings } = await stage.discover();
  world.setInstanceTags(instance.id, {});
  const what = "a VPC with the gateway's own address range: peering fails, discover says so, and its tag is taken off";
  const event = { ...(await stage.synchronise(what)), findings };
  const isSeen = findings.some((text) => text.startsWith('overlapping-ranges'));
  if (!isSeen) return broken(event, 'discover did not say that the ranges overlap');
  return provider.requests().length > 0 ? broken(event, 'an instance without a way was used') : event;
}
