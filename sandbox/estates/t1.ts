import type { VpcEndpoint } from '../aws/world/model';
import type { Provider } from '../network/providers';
import type { StoryEvent } from '../story';
import {
  type Act,
  broken,
  createHopBook,
  createRoles,
  type Estate,
  type GatewayAddress,
  type Ground,
  loopbackAllowed,
  openConsumer,
  type Prepared,
  type Stage,
  warmUp,
} from './estate';
import { answering, interfacesIn, startDomain, tagPaths, tagsOf } from './provider';

const accounts = { gateway: '111111111111', provider: '222222222222' };
const home = 'us-west-2';
const far = 'us-east-1';
const homeZone = 'usw2-az1';
const farZones = ['use1-az1', 'use1-az2'];
const domain = 'shop';
const paths = ['/svc1', '/svc2'];

/**
 * Estate T1: a gateway in us-west-2, a provider in us-east-1 with two paths behind one endpoint
 * service.
 */
export async function prepareT1(ground: Ground): Promise<Prepared> {
  createRoles(ground.world, accounts);
  return {
    title: `estate T1 on loopback, across regions
  consumer -> Kong gateway (111111111111, us-west-2)
           -> shop (222222222222, us-east-1), /svc1 and /svc2`,
    setting: {
      accounts,
      region: home,
      zoneId: homeZone,
      domains: [domain],
      sources: (url) =>
        `sources:\n  - { name: hub, type: vpc-endpoints, regions: [${far}, ${home}], endpoint: "${url}", allow: { ${loopbackAllowed} } }\n`,
      pulse: { action: 'DescribeVpcEndpoints', region: far },
    },
    open: (gateway) => openT1(ground, gateway),
  };
}

async function openT1(ground: Ground, gateway: GatewayAddress): Promise<Estate> {
  const book = createHopBook();
  const consumer = await openConsumer(ground, gateway, book);
  const { world } = ground;
  let latest: Provider | undefined;
  const addressesFor = answering(ground.loopback, () => latest);
  const { name } = world.createService({ account: accounts.provider, region: far, addressesFor });
  world.createVpc({ account: accounts.gateway, region: far, zoneIds: farZones });
  const open = new Set<Pick<Provider, 'close'>>([consumer]);
  const connect = async (region: string, zoneIds: readonly string[]): Promise<VpcEndpoint> => {
    const provider = await startDomain(domain, ground.loopback.allot(zoneIds.length));
    open.add(provider);
    latest = provider;
    const vpcId = world.vpcs({ account: accounts.gateway, region })[0]?.id;
    return world.createEndpoint({
      ...{ account: accounts.gateway, region, vpcId, serviceName: name },
      tags: tagsOf(domain, provider, paths.join(' ')),
      interfaces: interfacesIn(zoneIds, provider),
    });
  };
  const { id } = await connect(far, farZones);
  return {
    door: `${consumer.address}${paths[0]}`,
    legs: ['consumer gateway', `gateway ${domain}`],
    send: async (traceId) => {
      for (const path of paths) {
        const answer = await consumer.ask(path, domain, traceId);
        if (answer.path !== path) throw new Error(`${path} arrived as ${answer.path}`);
        if (path === paths.at(-1)) return answer.nonce;
      }
      throw new Error('there is no path');
    },
    takeHops: book.take,
    acts: actsWith(() => connect(home, ['usw2-az2'])),
    experiment: () => tagPaths(id, [...paths, '/svc3'], ` --region ${far}`),
    close: async () => void (await Promise.all([...open].map((one) => one.close()))),
  };
}

function actsWith(connectAcross: () => Promise<VpcEndpoint>): readonly Act[] {
  return [
    (stage) =>
      stage.synchronise('A: the endpoint is in us-east-1, in a VPC that is peered with the gateway', () =>
        warmUp(stage),
      ),
    (stage) => preferHome(stage, connectAcross),
    async (stage) => {
      const across = stage.world.endpoints({ account: accounts.gateway, region: home })[0];
      if (across) stage.world.deleteEndpoint(across.id);
      return stage.synchronise('the cross-region endpoint is deleted: the one in us-east-1 takes over');
    },
  ];
}

async function preferHome(stage: Stage, connectAcross: () => Promise<VpcEndpoint>): Promise<StoryEvent> {
  const { dnsNames } = await connectAcross();
  const event = await stage.synchronise('B: a cross-region endpoint in us-west-2 joins it, without zonal names');
  return dnsNames.length === 1 ? event : broken(event, `the endpoint has zonal names: ${dnsNames.join(', ')}`);
}
