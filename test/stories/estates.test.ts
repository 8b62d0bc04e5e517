import { afterEach, describe, expect, it } from '@jest/globals';
import { type Demonstration, demonstrate } from '#sandbox/demonstration';
import type { StoryEvent } from '#sandbox/story';

const silent = { opening: () => {}, event: () => {} };

let demonstration: Demonstration | undefined;

afterEach(async () => {
  await demonstration?.close();
  demonstration = undefined;
});

async function run(estate: string) {
  demonstration = await demonstrate(silent, new AbortController().signal, { estate });
  const { ok, events } = demonstration.story;
  expect(events.map(({ trip }) => trip.problem)).toEqual(events.map(() => undefined));
  expect(ok).toBe(true);
  return events;
}

/** Zone and reason of the last hop from the gateway to `to`. */
function chosen(event: StoryEvent | undefined, to: string) {
  const { zoneId, reason, address } = event?.trip.hops.findLast((hop) => hop.from === 'gateway' && hop.to === to) ?? {};
  return { zoneId, reason, ip: address?.split(':')[0] };
}

/** Writes to the control plane or to Cloud Map, without their reasons. */
function writes(event: StoryEvent | undefined, kind: RegExp) {
  return (event?.changed ?? []).filter((change) => kind.test(change)).map((change) => change.split(' ')[0]);
}

describe('estates', () => {
  it('T1 uses an endpoint of the other region, and prefers one of its own region as soon as it exists', async () => {
    const [first, second, third] = await run('T1');

    expect(first?.trip.hops.filter(({ from }) => from === 'gateway')).toHaveLength(2);
    expect(chosen(first, 'shop')).toMatchObject({
      zoneId: expect.stringMatching(/^use1-/),
      reason: 'plugin, no target in the region of usw2-az1',
    });
    expect(second?.trip.hops.filter(({ to }) => to === 'shop').map(({ zoneId }) => zoneId)).toEqual([
      'usw2-az2',
      'usw2-az2',
    ]);
    expect(chosen(second, 'shop').reason).toBe('plugin, same region, no target in usw2-az1');
    expect(chosen(third, 'shop').zoneId).toMatch(/^use1-/);
  });

  it('T2 routes two domains by path, follows a moved domain, and refuses a forbidden domain', async () => {
    const [first, second, third] = await run('T2');

    expect(chosen(first, 'dogs')).toMatchObject({ zoneId: 'use1-az1', reason: 'plugin, same zone as the data plane' });
    expect(writes(first, /plugin (dogs|todo)/)).toHaveLength(6);
    expect(chosen(second, 'todo').ip).not.toBe(chosen(first, 'todo').ip);
    expect(writes(second, /target/)).toEqual(['create', 'create', 'delete', 'delete']);
    expect(third?.changed).toEqual([]);
    expect(third?.discovered.at(-1)).toMatch(
      /^quarantined vpce-\w+: claims domain cats, which allow\.domains of the source does not list/,
    );
  });

  it('T3 registers the endpoint in Cloud Map, replaces it when recreated, and routes to other instances', async () => {
    const [first, second] = await run('T3');

    expect(chosen(first, 'employees')).toMatchObject({
      zoneId: 'use1-az1',
      reason: 'plugin, same zone as the data plane',
    });
    expect(chosen(first, 'payroll').ip).toBe('127.20.3.11');
    expect(first?.discovered.join()).toContain('payroll srv-');
    expect(first?.findings).toEqual([expect.stringMatching(/^zone-not-served: .*use1-az3.* is not offered/)]);
    expect(writes(first, /target cloud-map/)).toEqual(['create', 'create']);
    expect(writes(second, /target cloud-map/)).toEqual(['create', 'create', 'delete', 'delete']);
    const asked = (event?: StoryEvent) =>
      event?.trip.hops.find(({ to, from }) => to === 'employees' && from === 'consumer');
    expect(asked(second)?.address).not.toBe(asked(first)?.address);
    expect(asked(second)?.address.split(':')[0]).toMatch(/^127\.20\.4\.1[12]$/);
  });

  it('T4 reaches an instance, a DNS name and an address, and names the unreachable network', async () => {
    const [first, second, third] = await run('T4');

    expect(chosen(first, 'stock')).toMatchObject({ zoneId: 'use1-az1', reason: 'plugin, same zone as the data plane' });
    expect(chosen(first, 'catalogue').ip).toBe('127.20.1.11');
    expect(chosen(first, 'archive').ip).toBe('127.20.2.11');
    expect(first?.findings).toEqual([]);
    expect(chosen(second, 'stock')).toMatchObject({
      zoneId: 'use1-az2',
      reason: 'plugin, same region, no target in use1-az1',
    });
    expect(third?.findings).toEqual([
      expect.stringMatching(/^peering-not-active: .* is failed .*Fix: /),
      expect.stringMatching(/^overlapping-ranges: 10\.1\.0\.0\/16 of vpc-\w+ overlaps 10\.1\.0\.0\/16 of .*Fix: /),
    ]);
    expect(third?.changed).toEqual([]);
  });
});
