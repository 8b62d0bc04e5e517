import {
  DescribeTargetGroupsCommand,
  type DescribeTargetGroupsCommandInput,
  DescribeTargetHealthCommand,
  type DescribeTargetHealthCommandInput,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { createTargetHealthReader } from '#discovery/aws/readers/target-health';
import { endlessBudget, firstScopeOf, vpcEndpointsConfig } from '../../../../support/aws/vpc-endpoints';

const client = new ElasticLoadBalancingV2Client({ region: 'us-east-1' });
const mock = mockClient(client);
const { signal } = new AbortController();
const reader = createTargetHealthReader({
  scope: firstScopeOf(vpcEndpointsConfig()),
  client: async () => client,
  budget: endlessBudget,
});

beforeEach(() => {
  mock.reset();
});

const group = (TargetGroupArn: string) => ({ TargetGroupArn });

describe('a reader of target health', () => {
  it('reads each target group of the load balancers once, page after page', async () => {
    mock
      .on(DescribeTargetGroupsCommand)
      .callsFake(({ LoadBalancerArn, Marker }: DescribeTargetGroupsCommandInput) =>
        Marker
          ? { TargetGroups: [group('shared')] }
          : { TargetGroups: [group(`of ${LoadBalancerArn}`)], NextMarker: 'more' },
      );
    mock.on(DescribeTargetHealthCommand).callsFake(({ TargetGroupArn }: DescribeTargetHealthCommandInput) => ({
      TargetHealthDescriptions: [
        { Target: { Id: '10.0.0.1', AvailabilityZone: TargetGroupArn }, TargetHealth: { State: 'healthy' } },
      ],
    }));

    const targets = await reader.listTargets(['one', 'other'], signal);

    expect(targets).toEqual(['of one', 'shared', 'of other'].map((zoneName) => ({ zoneName, state: 'healthy' })));
  });

  it('returns a target without zone or state as unknown', async () => {
    mock.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [group('a')] });
    mock.on(DescribeTargetHealthCommand).resolves({
      TargetHealthDescriptions: [
        { Target: { Id: 'i-1' }, TargetHealth: { State: 'unhealthy' } },
        { Target: { Id: 'i-2' } },
      ],
    });

    expect(await reader.listTargets(['one'], signal)).toEqual([{ state: 'unhealthy' }, { state: 'unreadable' }]);
  });

  it.each([
    ['AccessDenied', 'ACCESS_DENIED', 'allow elasticloadbalancing:DescribeTargetHealth'],
    ['AccessDeniedException', 'ACCESS_DENIED', 'allow elasticloadbalancing:DescribeTargetHealth'],
    ['Throttling', 'THROTTLED', 'DescribeTargetHealth failed'],
  ])('says why AWS refused (%s)', async (name, code, words) => {
    mock.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [group('a')] });
    mock.on(DescribeTargetHealthCommand).rejects(Object.assign(new Error('no'), { name }));

    const refused = { code, message: expect.stringContaining(words) };
    await expect(reader.listTargets(['one'], signal)).rejects.toMatchObject(refused);
  });

  it('fails at an answer without its list', async () => {
    mock.on(DescribeTargetGroupsCommand).resolves({});

    await expect(reader.listTargets(['one'], signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});
