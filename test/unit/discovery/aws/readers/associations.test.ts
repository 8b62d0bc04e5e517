import { DescribeVpcEndpointAssociationsCommand } from '@aws-sdk/client-ec2';
import { beforeEach, expect, it } from '@jest/globals';
import { createEc2Reader } from '#discovery/aws/readers/endpoints';
import {
  associateWith,
  associationAnswer,
  createMockEc2,
  createNotedBudget,
  readerOptions,
  resourceArn,
} from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;
const options = { ...readerOptions(mock), pageSize: 1_000 };

const list = (ids: readonly string[]) => createEc2Reader(options).listAssociations(ids, signal);
const inputs = () => mock.ec2.commandCalls(DescribeVpcEndpointAssociationsCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  mock.ec2.reset();
});

it("fm-62 associations are returned with their endpoint's id and their own fields", async () => {
  const failed = { AssociatedResourceAccessibility: 'Inaccessible', FailureCode: 'Gone', FailureReason: 'deleted' };
  associateWith(mock, [associationAnswer('vpce-1'), associationAnswer('vpce-2', failed)]);

  expect(await list(['vpce-1', 'vpce-2'])).toEqual([
    { endpointId: 'vpce-1', id: 'vpce-rsc-asc-vpce-1', accessibility: 'Accessible', resourceArn },
    {
      endpointId: 'vpce-2',
      id: 'vpce-rsc-asc-vpce-2',
      accessibility: 'Inaccessible',
      failure: 'Gone, deleted',
      resourceArn,
    },
  ]);
});

it('fm-62 associations cost no call without endpoints', async () => {
  expect(await list([])).toEqual([]);
  expect(mock.ec2.calls()).toHaveLength(0);
});

it('fm-23 associations may lack every field but the endpoint, or have null', async () => {
  const VpcEndpointAssociations = [
    { VpcEndpointId: 'vpce-1' },
    { VpcEndpointId: 'vpce-2', Id: null, FailureReason: '' },
  ];
  mock.ec2.on(DescribeVpcEndpointAssociationsCommand).callsFake(() => ({ VpcEndpointAssociations }));

  expect(await list(['vpce-1'])).toEqual([{ endpointId: 'vpce-1' }, { endpointId: 'vpce-2' }]);
});

it('fm-45 an association with a malformed field is returned with its endpoint alone; others stay whole', async () => {
  const odd = { ...associationAnswer('vpce-1'), AssociatedResourceArn: [resourceArn] };
  const VpcEndpointAssociations = [odd, associationAnswer('vpce-2')];
  mock.ec2.on(DescribeVpcEndpointAssociationsCommand).callsFake(() => ({ VpcEndpointAssociations }));

  expect(await list(['vpce-1', 'vpce-2'])).toEqual([
    { endpointId: 'vpce-1', misfit: expect.stringContaining('AssociatedResourceArn') },
    expect.objectContaining({ endpointId: 'vpce-2', resourceArn }),
  ]);
});

it.each([
  ['an association without an endpoint', { VpcEndpointAssociations: [{ Id: 'vpce-rsc-asc-1' }] }],
  ['an answer without its list', {}],
  ['an invalid token', { VpcEndpointAssociations: [], NextToken: 7 }],
])('fm-03 associations fail as a whole at %s', async (_, answer) => {
  mock.ec2.on(DescribeVpcEndpointAssociationsCommand).callsFake(() => answer);

  await expect(list(['vpce-1'])).rejects.toMatchObject({ code: 'BAD_ANSWER' });
});

it('fm-08 associations are read to the last page, and fail as a whole when one page fails', async () => {
  const throttled = Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' });
  mock.ec2
    .on(DescribeVpcEndpointAssociationsCommand)
    .resolvesOnce({ VpcEndpointAssociations: [associationAnswer('vpce-1')], NextToken: '1' })
    .resolvesOnce({ VpcEndpointAssociations: [associationAnswer('vpce-2')], NextToken: '' })
    .resolvesOnce({ VpcEndpointAssociations: [], NextToken: '1' })
    .rejects(throttled);

  expect(await list(['vpce-1', 'vpce-2'])).toHaveLength(2);
  await expect(list(['vpce-1', 'vpce-2'])).rejects.toMatchObject({ code: 'THROTTLED', transient: true });
});

it('fm-54 associations fail at pages that lead in a circle', async () => {
  mock.ec2.on(DescribeVpcEndpointAssociationsCommand).resolves({ VpcEndpointAssociations: [], NextToken: 'same' });

  await expect(list(['vpce-1'])).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  expect(inputs()).toHaveLength(2);
});

it("associations are read for 200 endpoints in one call, in pages of a hundred, which are AWS's limits", async () => {
  associateWith(mock, []);

  await list(Array.from({ length: 401 }, (_, index) => `vpce-${index}`));

  expect(inputs().map(({ Filters }) => Filters?.[0]?.Values?.length)).toEqual([200, 200, 1]);
  expect(inputs()[2]).toEqual({ Filters: [{ Name: 'vpc-endpoint-id', Values: ['vpce-400'] }], MaxResults: 100 });
});

it('fm-08 associations take every call from the budget of their account and region', async () => {
  const { taken, budget } = createNotedBudget(mock);
  associateWith(mock, []);

  await createEc2Reader({ ...options, budget }).listAssociations(['vpce-1'], signal);

  expect(taken).toEqual(['self us-east-1 DescribeVpcEndpointAssociations 0']);
});
