import {
  AcceptVpcEndpointConnectionsCommand,
  CreateVpcEndpointCommand,
  type CreateVpcEndpointCommandInput,
  DeleteVpcEndpointsCommand,
  DescribeAvailabilityZonesCommand,
  type DescribeAvailabilityZonesCommandInput,
  DescribeImagesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type Filter,
  paginateDescribeVpcEndpoints,
  RejectVpcEndpointConnectionsCommand,
} from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsServer, startAws } from '#sandbox/aws/server';
import type { InterfaceSpec } from '#sandbox/aws/world/endpoints';
import type { EndpointService, Place } from '#sandbox/aws/world/model';
import { type AwsWorld, createWorld } from '#sandbox/aws/world/world';
import { ec2Client } from '../../support/aws/ec2-client';

const consumer = { account: '111111111111', region: 'us-east-1' };
const provider = { account: '222222222222', region: 'us-east-1' };

let world: AwsWorld;
let service: EndpointService;
let server: AwsServer;
let ec2: EC2Client;
let clients: EC2Client[];

beforeEach(async () => {
  world = createWorld({ now: () => Date.UTC(2026, 10, 1) });
  service = world.createService(provider);
  server = await startAws(world);
  clients = [];
  ec2 = clientAt(consumer);
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await server.close();
});

function clientAt(place: Place): EC2Client {
  const client = ec2Client(server.url, place);
  clients.push(client);
  return client;
}

function addEndpoint(change: { state?: string; interfaces?: InterfaceSpec[]; tags?: Record<string, string> } = {}) {
  const interfaces = [{ zoneId: 'use1-az1', ip: '127.20.1.11' }];
  return world.createEndpoint({ ...consumer, serviceName: service.name, interfaces, ...change });
}

async function idsWith(...filters: Filter[]) {
  const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters: filters }));
  return VpcEndpoints?.map(({ VpcEndpointId }) => VpcEndpointId);
}

describe('DescribeVpcEndpoints', () => {
  it('describes an endpoint in full', async () => {
    const tags = { 'kong:domain': 'sd2', odd: ` <&>"'é\r\n ` };
    const { id, vpcId, interfaces, dnsNames } = addEndpoint({ tags });

    const { VpcEndpoints, NextToken } = await ec2.send(new DescribeVpcEndpointsCommand({}));

    expect(NextToken).toBeUndefined();
    expect(VpcEndpoints).toEqual([
      {
        VpcEndpointId: id,
        VpcEndpointType: 'Interface',
        VpcId: vpcId,
        ServiceName: service.name,
        ServiceRegion: 'us-east-1',
        State: 'available',
        SubnetIds: interfaces.map(({ subnetId }) => subnetId),
        IpAddressType: 'ipv4',
        PrivateDnsEnabled: false,
        RequesterManaged: false,
        NetworkInterfaceIds: interfaces.map((one) => one.id),
        DnsEntries: dnsNames.map((DnsName) => ({ DnsName, HostedZoneId: expect.stringMatching(/^Z[0-9A-F]{13}$/) })),
        CreationTimestamp: new Date(Date.UTC(2026, 10, 1)),
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        OwnerId: consumer.account,
      },
    ]);
  });

  it('returns an empty list where there is no endpoint', async () => {
    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));

    expect(VpcEndpoints).toEqual([]);
  });

  it('pages over 2,500 endpoints by a thousand at most, and ends with an empty token', async () => {
    const ids = Array.from({ length: 2_500 }, () => addEndpoint().id);

    const pages: (string | undefined)[][] = [];
    const tokens: (string | undefined)[] = [];
    for await (const page of paginateDescribeVpcEndpoints({ client: ec2, pageSize: 5_000 }, {})) {
      pages.push(page.VpcEndpoints?.map(({ VpcEndpointId }) => VpcEndpointId) ?? []);
      tokens.push(page.NextToken);
    }

    expect(pages.map((page) => page.length)).toEqual([1000, 1000, 500]);
    expect(pages.flat()).toEqual(ids);
    expect(tokens.at(-1)).toBe('');
  });

  it('misses and repeats nothing when an endpoint of an earlier page is deleted', async () => {
    const ids = Array.from({ length: 4 }, () => addEndpoint().id);
    const first = await ec2.send(new DescribeVpcEndpointsCommand({ MaxResults: 2 }));
    world.deleteEndpoint(String(ids[0]));
    world.purge();

    const second = await ec2.send(new DescribeVpcEndpointsCommand({ MaxResults: 2, NextToken: first.NextToken }));

    expect(second.VpcEndpoints?.map(({ VpcEndpointId }) => VpcEndpointId)).toEqual(ids.slice(2));
  });

  it.each(['available', 'pending', 'pendingAcceptance', 'partial', 'deleting', 'rejected', 'failed', 'expired'])(
    'spells %s as AWS does, with its interfaces and names',
    async (state) => {
      addEndpoint({ state });

      const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));

      expect(VpcEndpoints?.map((one) => [one.State, one.NetworkInterfaceIds?.length, one.DnsEntries?.length])).toEqual([
        [state, 1, 2],
      ]);
    },
  );

  it('returns the reason why an endpoint failed', async () => {
    world.setState(addEndpoint().id, 'failed', { code: 'InternalError', message: 'no capacity' });

    const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({}));

    expect(VpcEndpoints?.[0]).toMatchObject({
      State: 'failed',
      LastError: { Code: 'InternalError', Message: 'no capacity' },
    });
  });

  it('shows each account and region only its own endpoints', async () => {
    const { id } = addEndpoint();
    const others = [provider, { ...consumer, region: 'us-west-2' }].map(clientAt);

    const lists = await Promise.all(others.map((client) => client.send(new DescribeVpcEndpointsCommand({}))));
    const asked = clientAt(provider).send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));

    expect(lists.map(({ VpcEndpoints }) => VpcEndpoints)).toEqual([[], []]);
    await expect(asked).rejects.toMatchObject({ name: 'InvalidVpcEndpointId.NotFound' });
  });

  describe('with one endpoint that differs in everything', () => {
    let odd: ReturnType<typeof addEndpoint>;

    beforeEach(() => {
      addEndpoint();
      const { name } = world.createService({ account: provider.account, region: 'us-west-2' });
      odd = world.createEndpoint({
        ...consumer,
        vpcId: world.createVpc({ ...consumer, id: 'vpc-0123456789abcdef0' }).id,
        serviceName: name,
        tags: { 'kong:domain': 'sd2' },
        interfaces: [{ zoneId: 'use1-az2', ip: '127.20.1.12', ipv6: 'fd00::12' }],
        state: 'rejected',
      });
    });

    it.each([
      ['ip-address-type', () => 'dualstack'],
      ['service-name', () => odd.service.name],
      ['service-region', () => 'us-west-2'],
      ['tag:kong:domain', () => 'sd2'],
      ['tag-key', () => 'kong:domain'],
      ['vpc-id', () => 'vpc-0123456789abcdef0'],
      ['vpc-endpoint-id', () => odd.id],
      ['vpc-endpoint-state', () => 'rejected'],
    ])('finds it by %s', async (name, value) => {
      expect(await idsWith({ Name: name, Values: ['none', value()] })).toEqual([odd.id]);
    });

    it('applies every filter', async () => {
      const domain = { Name: 'tag:kong:domain', Values: ['sd2'] };

      expect(await idsWith(domain, { Name: 'vpc-endpoint-state', Values: ['available'] })).toEqual([]);
    });

    it('finds both by type', async () => {
      expect(await idsWith({ Name: 'vpc-endpoint-type', Values: ['Interface'] })).toHaveLength(2);
      expect(await idsWith({ Name: 'vpc-endpoint-type', Values: ['Gateway'] })).toEqual([]);
    });

    it('finds it by id', async () => {
      const { VpcEndpoints } = await ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [odd.id] }));

      expect(VpcEndpoints?.map(({ VpcEndpointId }) => VpcEndpointId)).toEqual([odd.id]);
    });
  });

  it.each([
    ['an unknown id', { VpcEndpointIds: ['vpce-0'] }, 'InvalidVpcEndpointId.NotFound'],
    ['an unknown filter', { Filters: [{ Name: 'subnet-id', Values: ['x'] }] }, 'InvalidParameterValue'],
    ['a token of its own making', { NextToken: 'x' }, 'InvalidNextToken'],
    ['a page of nothing', { MaxResults: 0 }, 'InvalidParameterValue'],
  ])('refuses %s', async (_, input, name) => {
    await expect(ec2.send(new DescribeVpcEndpointsCommand(input))).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('DescribeNetworkInterfaces', () => {
  it('describes interfaces by id, with all their addresses and both names of the zone', async () => {
    const interfaces = [
      { zoneId: 'use1-az1', ip: '127.20.1.11', ipv6: 'fd00::11' },
      { zoneId: 'use1-az2', ipv6: 'fd00::12' },
    ];
    const endpoint = addEndpoint({ interfaces });
    const ids = endpoint.interfaces.map(({ id }) => id);

    const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids }));

    const [first, second] = endpoint.interfaces;
    expect(NetworkInterfaces).toMatchObject([
      {
        NetworkInterfaceId: ids[0],
        VpcId: endpoint.vpcId,
        SubnetId: first?.subnetId,
        AvailabilityZone: first?.zone.name,
        AvailabilityZoneId: 'use1-az1',
        InterfaceType: 'vpc_endpoint',
        Status: 'in-use',
        OwnerId: consumer.account,
        PrivateIpAddress: '127.20.1.11',
        PrivateIpAddresses: [{ PrivateIpAddress: '127.20.1.11', Primary: true }],
        Ipv6Addresses: [{ Ipv6Address: 'fd00::11' }],
      },
      {
        AvailabilityZone: second?.zone.name,
        AvailabilityZoneId: 'use1-az2',
        PrivateIpAddresses: [],
        Ipv6Addresses: [{ Ipv6Address: 'fd00::12' }],
      },
    ]);
  });

  it('answers a thousand ids at once and no more', async () => {
    const endpoints = Array.from({ length: 1_001 }, () => addEndpoint());
    const ids = endpoints.flatMap(({ interfaces }) => interfaces.map(({ id }) => id));
    const send = (NetworkInterfaceIds: string[]) =>
      ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }));

    const { NetworkInterfaces } = await send(ids.slice(0, 1_000));

    expect(NetworkInterfaces).toHaveLength(1_000);
    await expect(send(ids)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('names every interface that does not exist any more', async () => {
    const ids = [addEndpoint(), addEndpoint()].flatMap(({ interfaces }) => interfaces.map(({ id }) => id));
    world.detachInterface(String(ids[0]));
    const NetworkInterfaceIds = [...ids, 'eni-0'];

    const answer = ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }));

    await expect(answer).rejects.toMatchObject({
      name: 'InvalidNetworkInterfaceID.NotFound',
      message: expect.stringContaining(`'${ids[0]}, eni-0'`),
    });
  });

  it('pages when no ids are given', async () => {
    for (let count = 0; count < 7; count += 1) addEndpoint();

    const first = await ec2.send(new DescribeNetworkInterfacesCommand({ MaxResults: 5 }));
    const second = await ec2.send(new DescribeNetworkInterfacesCommand({ MaxResults: 5, NextToken: first.NextToken }));

    expect([first.NetworkInterfaces?.length, second.NetworkInterfaces?.length]).toEqual([5, 2]);
  });

  it.each([
    ['ids and paging together', { NetworkInterfaceIds: ['eni-0'], MaxResults: 5 }, 'InvalidParameterCombination'],
    ['a page of four', { MaxResults: 4 }, 'InvalidParameterValue'],
    ['a page of 1001', { MaxResults: 1_001 }, 'InvalidParameterValue'],
  ])('refuses %s', async (_, input, name) => {
    await expect(ec2.send(new DescribeNetworkInterfacesCommand(input))).rejects.toMatchObject({ name });
  });
});

describe('DescribeAvailabilityZones, DescribeSubnets, DescribeVpcs', () => {
  async function zonesOf(place: Place, input: DescribeAvailabilityZonesCommandInput = {}) {
    const { AvailabilityZones = [] } = await clientAt(place).send(new DescribeAvailabilityZonesCommand(input));
    return AvailabilityZones.map(({ ZoneId, ZoneName, State }) => ({ ZoneId, ZoneName, State }));
  }

  it('returns equal zone ids under different names for two accounts', async () => {
    const [own, other] = await Promise.all([zonesOf(consumer), zonesOf(provider)]);

    expect(own.map(({ ZoneId }) => ZoneId).sort()).toEqual(other.map(({ ZoneId }) => ZoneId).sort());
    expect(own.map(({ ZoneName }) => ZoneName)).toEqual(other.map(({ ZoneName }) => ZoneName));
    expect(own).not.toEqual(other);
  });

  it('finds zones by name, id and filter', async () => {
    const [zone] = await zonesOf(consumer);

    const found = await Promise.all([
      zonesOf(consumer, { ZoneNames: [String(zone?.ZoneName)] }),
      zonesOf(consumer, { ZoneIds: [String(zone?.ZoneId)] }),
      zonesOf(consumer, { Filters: [{ Name: 'zone-id', Values: [String(zone?.ZoneId)] }] }),
    ]);

    expect(found).toEqual([[zone], [zone], [zone]]);
  });

  it('refuses a zone of another region', async () => {
    await expect(zonesOf(consumer, { ZoneIds: ['usw2-az1'] })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('maps subnets to the zones of their interfaces', async () => {
    const [one] = addEndpoint().interfaces;

    const { Subnets } = await ec2.send(new DescribeSubnetsCommand({ SubnetIds: [String(one?.subnetId)] }));

    expect(Subnets).toMatchObject([
      { VpcId: one?.vpcId, AvailabilityZone: one?.zone.name, AvailabilityZoneId: 'use1-az1' },
    ]);
  });

  it('lists the VPCs of the caller', async () => {
    const { id, cidr } = world.createVpc(consumer);
    world.createVpc(provider);

    const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));

    expect(Vpcs).toMatchObject([{ VpcId: id, CidrBlock: cidr, IsDefault: false, OwnerId: consumer.account }]);
  });
});

describe('connections', () => {
  beforeEach(() => {
    service = world.createService({ ...provider, acceptanceRequired: true });
  });

  it('show the provider their owners; the provider accepts one and rejects the other', async () => {
    const [wanted, unwanted] = [addEndpoint().id, addEndpoint().id];
    const owner = clientAt(provider);

    const { VpcEndpointConnections } = await owner.send(new DescribeVpcEndpointConnectionsCommand({}));
    const target = { ServiceId: service.id };
    await owner.send(new AcceptVpcEndpointConnectionsCommand({ ...target, VpcEndpointIds: [wanted] }));
    await owner.send(new RejectVpcEndpointConnectionsCommand({ ...target, VpcEndpointIds: [unwanted] }));

    const connection = {
      ServiceId: service.id,
      VpcEndpointOwner: consumer.account,
      VpcEndpointState: 'pendingAcceptance',
    };
    expect(VpcEndpointConnections).toMatchObject([
      { ...connection, VpcEndpointId: wanted },
      { ...connection, VpcEndpointId: unwanted },
    ]);
    expect(world.endpoints().map(({ state }) => state)).toEqual(['available', 'rejected']);
  });

  it('are found by state', async () => {
    const { id } = addEndpoint();
    world.accept(addEndpoint().id);
    const Filters = [{ Name: 'vpc-endpoint-state', Values: ['pendingAcceptance'] }];

    const answer = await clientAt(provider).send(new DescribeVpcEndpointConnectionsCommand({ Filters }));

    expect(answer.VpcEndpointConnections?.map(({ VpcEndpointId }) => VpcEndpointId)).toEqual([id]);
  });

  it.each([
    ['the consumer accept its own connection', () => consumer, () => service.id],
    ['the provider accept at a missing service', () => provider, () => 'vpce-svc-0'],
  ])('do not let %s', async (_, caller, serviceId) => {
    const { id } = addEndpoint();

    const answer = clientAt(caller()).send(
      new AcceptVpcEndpointConnectionsCommand({ ServiceId: serviceId(), VpcEndpointIds: [id] }),
    );

    await expect(answer).rejects.toMatchObject({ name: 'InvalidVpcEndpointServiceId.NotFound' });
    expect(world.endpoint(id)?.state).toBe('pendingAcceptance');
  });

  it('are not accepted at another service', async () => {
    const { id } = addEndpoint();
    const { id: ServiceId } = world.createService(provider);

    const { Unsuccessful } = await clientAt(provider).send(
      new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [id] }),
    );

    expect(Unsuccessful).toMatchObject([{ ResourceId: id, Error: { Code: 'InvalidVpcEndpointId.NotFound' } }]);
    expect(world.endpoint(id)?.state).toBe('pendingAcceptance');
  });

  it('name those of several that could not be accepted, and the rest is accepted', async () => {
    const [failed, waiting] = [addEndpoint({ state: 'failed' }).id, addEndpoint().id];

    const { Unsuccessful } = await clientAt(provider).send(
      new AcceptVpcEndpointConnectionsCommand({ ServiceId: service.id, VpcEndpointIds: [failed, waiting] }),
    );

    expect(Unsuccessful).toMatchObject([{ ResourceId: failed, Error: { Code: 'InvalidState' } }]);
    expect(world.endpoint(waiting)?.state).toBe('available');
  });
});

describe('CreateVpcEndpoint and DeleteVpcEndpoints', () => {
  it('creates an endpoint in the given subnets, and deletes it', async () => {
    const vpc = world.createVpc(consumer);
    const subnet = world.subnets(consumer).find(({ zone }) => zone.id === 'use1-az2');

    const { VpcEndpoint } = await ec2.send(
      new CreateVpcEndpointCommand({
        VpcEndpointType: 'Interface',
        VpcId: vpc.id,
        ServiceName: service.name,
        SubnetIds: [String(subnet?.id)],
        TagSpecifications: [{ ResourceType: 'vpc-endpoint', Tags: [{ Key: 'kong:domain', Value: 'sd2' }] }],
      }),
    );
    const id = String(VpcEndpoint?.VpcEndpointId);
    const created = world.endpoint(id);
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));

    expect(created).toMatchObject({ vpcId: vpc.id, tags: { 'kong:domain': 'sd2' } });
    expect(created?.interfaces.map(({ subnetId }) => subnetId)).toEqual([subnet?.id]);
    expect(world.endpoint(id)?.state).toBe('deleted');
  });

  describe('with a wrong request', () => {
    const other = { account: provider.account, region: 'us-west-2' };

    /** A valid request with one mistake. */
    function requestWith(change: (valid: CreateVpcEndpointCommandInput) => Partial<CreateVpcEndpointCommandInput>) {
      const { id: VpcId, subnets } = world.createVpc(consumer);
      const SubnetIds = subnets.slice(0, 2).map(({ id }) => id);
      const valid = { VpcEndpointType: 'Interface', VpcId, ServiceName: service.name, SubnetIds } as const;
      return ec2.send(new CreateVpcEndpointCommand({ ...valid, ...change(valid) }));
    }

    it.each<[string, Parameters<typeof requestWith>[0], string]>([
      ['the type that is meant when none is named', () => ({ VpcEndpointType: undefined }), 'InvalidParameter'],
      ['a type that the service has not', () => ({ VpcEndpointType: 'GatewayLoadBalancer' }), 'InvalidParameter'],
      ['a missing subnet', () => ({ SubnetIds: ['subnet-0'] }), 'InvalidSubnetId.NotFound'],
      [
        'a subnet of another VPC',
        () => ({ SubnetIds: [world.createVpc(consumer).subnets[0]?.id ?? ''] }),
        'InvalidParameter',
      ],
      [
        'two subnets in a zone',
        ({ SubnetIds = [] }) => ({ SubnetIds: [...SubnetIds, ...SubnetIds] }),
        'DuplicateSubnetsInSameZone',
      ],
      ['a foreign VPC', () => ({ VpcId: world.createVpc(provider).id }), 'InvalidVpcId.NotFound'],
      ['a missing service', () => ({ ServiceName: 'com.amazonaws.vpce.x' }), 'InvalidServiceName'],
      [
        'a service of another region that is not named',
        () => ({ ServiceName: world.createService(other).name }),
        'InvalidServiceName',
      ],
      [
        'tags for something else',
        () => ({ TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] }),
        'InvalidParameterValue',
      ],
    ])('refuses %s, and creates nothing', async (_, change, name) => {
      await expect(requestWith(change)).rejects.toMatchObject({ name });
      expect(world.endpoints()).toEqual([]);
    });

    it('names the subnet in a zone that the service does not have', async () => {
      world.setServiceZones(service.name, ['use1-az1']);
      const at = (zoneId: string) => world.subnets(consumer).find(({ zone }) => zone.id === zoneId)?.id ?? '';

      const answer = requestWith(({ VpcId }) => ({
        SubnetIds: ['use1-az1', 'use1-az2'].map(
          (zoneId) => world.subnets(consumer).find((one) => one.vpcId === VpcId && one.zone.id === zoneId)?.id ?? '',
        ),
      }));

      await expect(answer).rejects.toMatchObject({
        name: 'InvalidParameter',
        message: `The VPC endpoint service ${service.name} does not support the availability zone of the subnet: ${at('use1-az2')}.`,
      });
    });

    it('accepts a service of another region that the request names', async () => {
      const { name } = world.createService(other);

      const { VpcEndpoint } = await requestWith(() => ({ ServiceName: name, ServiceRegion: 'us-west-2' }));

      expect(VpcEndpoint).toMatchObject({ ServiceRegion: 'us-west-2', State: 'available' });
    });
  });

  it('deletes only endpoints of the caller', async () => {
    const { id } = addEndpoint();

    const answer = await clientAt(provider).send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [id] }));

    expect(answer.Unsuccessful).toMatchObject([{ ResourceId: id }]);
    expect(world.endpoint(id)?.state).toBe('available');
  });
});

describe('DescribeVpcEndpointServices', () => {
  const namesOf = async (...ServiceNames: string[]) => {
    const { ServiceDetails } = await ec2.send(new DescribeVpcEndpointServicesCommand({ ServiceNames }));
    return ServiceDetails?.map(({ ServiceName }) => ServiceName);
  };

  it('lists the services of the region, or the named services', async () => {
    const { name } = world.createService(provider);
    world.createService({ ...provider, region: 'us-west-2' });

    expect(await namesOf()).toEqual([service.name, name]);
    expect(await namesOf(name)).toEqual([name]);
  });

  it('refuses a name that does not exist', async () => {
    await expect(namesOf(service.name, 'x')).rejects.toMatchObject({ name: 'InvalidServiceName' });
  });
});

describe('an unsupported action', () => {
  it('is refused by name', async () => {
    await expect(ec2.send(new DescribeImagesCommand({}))).rejects.toMatchObject({
      name: 'InvalidAction',
      message: expect.stringContaining('DescribeImages'),
    });
  });
});
