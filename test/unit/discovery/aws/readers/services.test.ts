import {
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicePermissionsCommand,
  type VpcEndpointConnection,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEndpointServiceReader } from '#discovery/aws/readers/services';
import { createMockEc2, readerOptions } from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const { signal } = new AbortController();
const reader = createEndpointServiceReader(readerOptions(mock));

beforeEach(() => {
  mock.ec2.reset();
});

function answer(over: Partial<Record<keyof VpcEndpointConnection, unknown>>) {
  const item = {
    ServiceId: 'vpce-svc-0a',
    VpcEndpointId: 'vpce-01',
    VpcEndpointOwner: '111111111111',
    VpcEndpointState: 'PendingAcceptance' as const,
  };
  const odd: Record<string, unknown> = { ...item, ...over };
  mock.ec2.on(DescribeVpcEndpointConnectionsCommand).resolves({ VpcEndpointConnections: [odd, item] });
}

const list = () => reader.listConnections(['vpce-svc-0a'], signal);

describe('a connection', () => {
  it.each([
    ['PendingAcceptance', 'pendingAcceptance'],
    ['available', 'available'],
    ['Teleported', 'Teleported'],
  ])('has its state as on the wire, and keeps an unknown state as AWS sends it (%s)', async (given, state) => {
    answer({ VpcEndpointState: given });

    expect((await list())[0]).toMatchObject({ state });
  });

  it('fm-23 may lack its account, its time and its region', async () => {
    answer({ VpcEndpointOwner: undefined });

    expect((await list())[0]).toEqual({ serviceId: 'vpce-svc-0a', endpointId: 'vpce-01', state: 'pendingAcceptance' });
  });

  it.each([
    ['VpcEndpointOwner', 'amazon'],
    ['VpcEndpointOwner', '111111111111\n'],
    ['VpcEndpointOwner', 111111111111],
    ['VpcEndpointState', ''],
    ['VpcEndpointState', 'avail\u001b[2Jable'],
    ['VpcEndpointState', undefined],
    ['CreationTimestamp', 'yesterday'],
    ['VpcEndpointRegion', 'us east'],
    ['ServiceId', 7],
  ] as const)('fm-45 with %s %j affects itself alone', async (field, value) => {
    answer({ [field]: value });

    const [odd, other] = await list();

    expect(odd).toMatchObject({ endpointId: 'vpce-01', state: 'unreadable', misfit: expect.stringContaining(field) });
    expect(odd?.misfit).not.toContain('\u001b');
    expect(other).toMatchObject({ state: 'pendingAcceptance' });
    expect(other?.misfit).toBeUndefined();
  });

  it.each([undefined, '', 'vpce-', 'vpce-0 vpce-1', 'vpce-01\nsd2 - vpce-02', 'VPCE-01', 7])(
    'fm-03 with %j for an id fails the list',
    async (VpcEndpointId) => {
      answer({ VpcEndpointId });

      await expect(list()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    },
  );
});

it('a service with only a readable id is returned, and affects no other service', async () => {
  const item = { ServiceId: 'vpce-svc-0b', AcceptanceRequired: true };
  mock.ec2
    .on(DescribeVpcEndpointServiceConfigurationsCommand)
    .resolves({ ServiceConfigurations: [{ ServiceId: 'vpce-svc-0a' }, item] });

  const found = await reader.listServices(['vpce-svc-0a', 'vpce-svc-0b'], signal);

  expect(found.map(({ id, misfit }) => [id, misfit !== undefined])).toEqual([
    ['vpce-svc-0a', true],
    ['vpce-svc-0b', false],
  ]);
});

it.each([undefined, '', 'arn:aws:iam::1:\u001b[2J', 'arn:aws:iam::111111111111:root\n*', 'a b'])(
  'a principal %j fails the list, because its meaning is unknown',
  async (Principal) => {
    mock.ec2.on(DescribeVpcEndpointServicePermissionsCommand).resolves({ AllowedPrincipals: [{ Principal }] });

    await expect(reader.listPermissions('vpce-svc-0a', signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  },
);
