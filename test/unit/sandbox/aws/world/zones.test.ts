import { describe, expect, it } from '@jest/globals';
import { zoneIdsOf, zonesOf } from '#sandbox/aws/world/zones';

describe('zoneIdsOf', () => {
  it.each([
    ['us-east-1', 'use1-az1', 6],
    ['us-west-2', 'usw2-az1', 4],
    ['eu-central-1', 'euc1-az1', 3],
    ['ap-southeast-2', 'apse2-az1', 3],
    ['us-gov-west-1', 'usgw1-az1', 3],
  ])('shortens %s as AWS does', (region, first, count) => {
    const ids = zoneIdsOf(region);

    expect([ids[0], ids.length]).toEqual([first, count]);
  });
});

describe('zonesOf', () => {
  const [first, second] = ['111111111111', '222222222222'].map((account) => zonesOf({ account, region: 'us-east-1' }));

  it('returns equal ids and equal names for every account', () => {
    const sorted = (key: 'id' | 'name') => [first, second].map((zones) => zones?.map((zone) => zone[key]).sort());

    expect(sorted('id')[0]).toEqual(sorted('id')[1]);
    expect(sorted('name')[0]).toEqual(sorted('name')[1]);
    expect(sorted('name')[0]?.[0]).toBe('us-east-1a');
  });

  it('joins them differently in each account, and always equally in one account', () => {
    expect(first).not.toEqual(second);
    expect(zonesOf({ account: '111111111111', region: 'us-east-1' })).toEqual(first);
  });
});
