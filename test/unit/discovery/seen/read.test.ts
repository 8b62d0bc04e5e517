import { DescribeVpcEndpointsCommand, type Tag } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import { createZoneReader } from '#discovery/aws/readers/zones';
import { createSeenReader } from '#discovery/seen/read';
import {
  answerWith,
  createMockEc2,
  endlessBudget,
  endpointAnswer,
  interfaceAnswer,
  vpcEndpointsConfig,
} from '../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;

function readSeen(over: Readonly<Record<string, unknown>> = {}) {
  return createSeenReader([vpcEndpointsConfig(over)], {
    concurrency: 4,
    scopeTimeoutSeconds: 30,
    readersOf: (scope) => {
      const options = { scope, client: async () => mock.client, budget: endlessBudget };
      return {
        reader: createEc2Reader({ ...options, pageSize: 100 }),
        readZoneIds: createZoneReader({ ...options, clock: { monotonicMs: () => 0 } }),
      };
    },
  })(signal);
}

const untagged: { Tags: Tag[] } = { Tags: [{ Key: 'Name', Value: 'orders' }] };

beforeEach(() => {
  mock.ec2.reset();
});

describe('createSeenReader', () => {
  it("returns endpoints without the owner's tags, with names, addresses, zones, VPC, service and account", async () => {
    const endpoint = endpointAnswer('vpce-1', { ...untagged, OwnerId: '222222222222' });
    const zone = { AvailabilityZone: 'us-east-1a' };
    answerWith(
      mock,
      [[endpoint]],
      [interfaceAnswer('eni-vpce-1-a', '10.0.1.11', zone), interfaceAnswer('eni-vpce-1-b', '10.0.2.11')],
    );

    const [scope] = await readSeen();

    expect(scope).toMatchObject({
      status: 'known',
      scope: { id: 'hub.self.us-east-1' },
      endpoints: [
        {
          id: 'vpce-1',
          accountId: '222222222222',
          state: 'available',
          vpcId: 'vpc-1',
          serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1',
          dnsNames: ['vpce-1.example'],
          addresses: [
            { ip: '10.0.1.11', zoneId: 'use1-az1', zoneName: 'us-east-1a' },
            { ip: '10.0.2.11', zoneId: 'use1-az1' },
          ],
          tags: { Name: 'orders' },
          problem: undefined,
        },
      ],
    });
    const [call] = mock.ec2.commandCalls(DescribeVpcEndpointsCommand);
    expect(call?.args[0].input.Filters).toEqual([]);
  });

  it('asks for no interfaces of a deleted endpoint', async () => {
    answerWith(mock, [[endpointAnswer('vpce-1', { ...untagged, State: 'Rejected' })]]);

    const [scope] = await readSeen();

    expect(scope).toMatchObject({ endpoints: [{ state: 'rejected', addresses: [], problem: undefined }] });
  });

  it('names the interface that AWS does not list', async () => {
    answerWith(mock, [[endpointAnswer('vpce-1', untagged)]], [interfaceAnswer('eni-vpce-1-a', '10.0.1.11')]);

    const [scope] = await readSeen();

    expect(scope).toMatchObject({
      endpoints: [{ addresses: [{ ip: '10.0.1.11' }], problem: { reason: expect.stringContaining('eni-vpce-1-b') } }],
    });
  });

  it('reports an unreadable scope as unknown, and reads the others', async () => {
    answerWith(mock, [[endpointAnswer('vpce-1', { ...untagged, NetworkInterfaceIds: [] })]], [], 0);

    const scopes = await readSeen({ regions: ['us-east-1', 'us-west-2'] });

    expect(scopes.map(({ status }) => status).sort()).toEqual(['known', 'unknown']);
    expect(scopes.find(({ status }) => status === 'unknown')).toMatchObject({
      code: 'THROTTLED',
      reason: expect.stringContaining('Request limit exceeded'),
    });
  });

  it('rejects with the reason of an aborted signal', async () => {
    const own = createSeenReader([vpcEndpointsConfig()], {
      concurrency: 1,
      scopeTimeoutSeconds: 30,
      readersOf: () => {
        throw new Error('nobody reads');
      },
    });

    await expect(own(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });
});
