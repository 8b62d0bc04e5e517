import { DescribeAvailabilityZonesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it, jest } from '@jest/globals';
import { createZoneReader, trustZoneIds, withZoneIds } from '#discovery/aws/readers/zones';
import { createMockEc2, readerOptions } from '../../../../support/aws/vpc-endpoints';
import { createFakeClock } from '../../../../support/passes';

const signal = new AbortController().signal;
const zones = { AvailabilityZones: [{ ZoneName: 'us-east-1a', ZoneId: 'use1-az4' }] };
const hourMs = 3_600_000;

function openReader() {
  const mock = createMockEc2();
  const clock = createFakeClock();
  const read = createZoneReader({ ...readerOptions(mock), clock });
  return { read, clock, ec2: mock.ec2, zones: mock.ec2.on(DescribeAvailabilityZonesCommand) };
}

describe('withZoneIds', () => {
  const zoneIds = new Map([['us-east-1a', 'use1-az4']]);

  it('fills in only the missing ids', async () => {
    const places = [{ zoneName: 'us-east-1a' }, { zoneName: 'us-east-1a', zoneId: 'use1-az1' }, { zoneName: 'b' }, {}];

    const given = await withZoneIds(places, async () => zoneIds, signal);

    expect(given.map(({ zoneId }) => zoneId)).toEqual(['use1-az4', 'use1-az1', undefined, undefined]);
  });

  it.each([
    ['the list is empty', []],
    ['every place has its id', [{ zoneName: 'us-east-1a', zoneId: 'use1-az1' }]],
    ['no place has a name', [{}]],
  ])('makes no call when %s', async (_, places) => {
    const read = jest.fn(async () => zoneIds);

    await withZoneIds(places, read, signal);

    expect(read).not.toHaveBeenCalled();
  });
});

describe('trustZoneIds', () => {
  const listed = new Map([
    ['us-east-1a', 'use1-az4'],
    ['us-east-1-new-1a', 'use1-of-tomorrow'],
  ]);

  it.each([
    ['use1-az4', 'use1-az4'],
    ['use1-of-tomorrow', 'use1-of-tomorrow'],
    ['use1-az99', undefined],
    ['usw2-az1', 'usw2-az1'],
    ['usw2-lax1-az1', 'usw2-lax1-az1'],
    ['usw2-of-tomorrow', undefined],
    ['zone-1', undefined],
    [undefined, undefined],
  ])('fm-49 accepts %s for %s: in the own region only zones that AWS lists', async (written, trusted) => {
    const trust = await trustZoneIds([written], async () => listed, signal);

    expect(trust(written)).toBe(trusted);
  });

  it.each([
    'use1-az1',
    'usgw1-az1',
    'apse2-az3',
    'use1-bos1-az1',
    'usw2-lax1-az2',
    'use1-wl1-bos-wlz1',
    'euw2-wl1-man-wlz1',
  ])("fm-49 accepts %s, in AWS's documented form, where AWS does not answer", async (zoneId) => {
    expect((await trustZoneIds([zoneId], async () => new Map(), signal))(zoneId)).toBe(zoneId);
  });

  it.each(['x1-az1', 'use1-az123', 'use1', 'USE1-AZ1', 'us-east-1a', 'a/b', 'use1-az1\n', 'z'.repeat(99)])(
    'fm-49 refuses %j as a zone where AWS does not answer',
    async (zoneId) => {
      expect((await trustZoneIds([zoneId], async () => new Map(), signal))(zoneId)).toBeUndefined();
    },
  );

  it.each([
    ['no zone is written', [undefined, undefined]],
    ['the text cannot be a zone', ['a/b', 'x'.repeat(33)]],
  ])('makes no call when %s', async (_, written) => {
    const read = jest.fn(async () => listed);

    await trustZoneIds(written, read, signal);

    expect(read).not.toHaveBeenCalled();
  });
});

describe('the zones of an account and region', () => {
  it('are read once an hour', async () => {
    const { read, clock, ec2, zones: answers } = openReader();
    answers.resolves(zones);

    const first = await read(signal);
    clock.advance(hourMs - 1);
    await read(signal);
    const callsWithin = ec2.calls().length;
    clock.advance(1);
    await read(signal);

    expect(first).toEqual(new Map([['us-east-1a', 'use1-az4']]));
    expect([callsWithin, ec2.calls().length]).toEqual([1, 2]);
  });

  it.each([-6, 6])('fm-41 are kept for an hour, even if the clock is set by %i h', async (hours) => {
    const { read, clock, ec2, zones: answers } = openReader();
    answers.resolves(zones);
    await read(signal);

    clock.step(hours * hourMs);
    await read(signal);
    const callsWithin = ec2.calls().length;
    clock.advance(hourMs);
    await read(signal);

    expect([callsWithin, ec2.calls().length]).toEqual([1, 2]);
  });

  it('are unknown while AWS refuses, and are read again', async () => {
    const { read, zones: answers } = openReader();
    answers.rejectsOnce(Object.assign(new Error('no'), { name: 'UnauthorizedOperation' })).resolves(zones);

    const [refused, answered] = [await read(signal), await read(signal)];

    expect([refused.size, answered.size]).toEqual([0, 1]);
  });

  it('stay unchanged when AWS refuses later', async () => {
    const { read, clock, zones: answers } = openReader();
    answers.resolvesOnce(zones).rejects(new Error('no'));
    await read(signal);
    clock.advance(hourMs);

    expect(await read(signal)).toEqual(new Map([['us-east-1a', 'use1-az4']]));
  });

  it.each([
    ['an answer without its list', {}],
    [
      'no zone with both id and name',
      { AvailabilityZones: [{ ZoneName: 'us-east-1a', ZoneId: null }, { ZoneId: 'use1-az1' }] },
    ],
  ])('fm-23 are unknown at %s', async (_, answer) => {
    const { read, zones: answers } = openReader();
    answers.callsFake(() => answer);

    expect(await read(signal)).toEqual(new Map());
  });

  it('are aborted with discovery', async () => {
    const { read, zones: answers } = openReader();
    const stop = new AbortController();
    answers.callsFake(() => {
      stop.abort(new Error('stopped'));
      return new Promise(() => {});
    });

    await expect(read(stop.signal)).rejects.toThrow('stopped');
  });
});
