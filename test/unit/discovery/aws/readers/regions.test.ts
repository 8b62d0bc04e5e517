import { DescribeRegionsCommand } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { readRegions } from '#discovery/aws/readers/regions';
import { createMockEc2, readerOptions } from '../../../../support/aws/vpc-endpoints';

const mock = createMockEc2();
const signal = new AbortController().signal;

const read = () => readRegions(readerOptions(mock), signal);

beforeEach(() => {
  mock.ec2.reset();
});

describe('readRegions', () => {
  it('returns the names, sorted', async () => {
    mock.ec2
      .on(DescribeRegionsCommand)
      .resolves({ Regions: [{ RegionName: 'us-west-2' }, { RegionName: 'eu-west-1' }] });

    expect(await read()).toEqual(['eu-west-1', 'us-west-2']);
  });

  it('names the denied action', async () => {
    mock.ec2
      .on(DescribeRegionsCommand)
      .rejects(Object.assign(new Error('not authorized'), { name: 'UnauthorizedOperation' }));

    await expect(read()).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining('allow ec2:DescribeRegions'),
    });
  });

  it('refuses an answer without names', async () => {
    mock.ec2.on(DescribeRegionsCommand).resolves({ Regions: [{}] });

    await expect(read()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});
