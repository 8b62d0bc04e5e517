import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import type { PassDependencies } from '#sync/pass/plan-once';
import { readPublications } from '#sync/publish/publish';
import { endpointOf, knownScope } from '../../../support/builders';
import { createMemoryControlPlane } from '../../../support/control-planes/memory';
import { createMemoryCloudMap, instanceIdOf } from '../../../support/control-planes/memory-cloud-map';
import { createPasses, defaultPolicy } from '../../../support/passes';

function createWorld(over: Parameters<typeof createPasses>[0] = {}) {
  const cloudMap = createMemoryCloudMap();
  return { cloudMap, ...createPasses({ publications: [cloudMap.publication], ...over }) };
}

/** An endpoint with that many addresses. */
function endpointWith(count: number, id = 'vpce-1') {
  const addresses = Array.from({ length: count }, (_, index) => ({ ip: `10.0.1.${index + 1}`, region: 'us-east-1' }));
  return endpointOf({ id, addresses });
}

describe('publishing', () => {
  it('derives the id of an instance from its address alone', async () => {
    const { cloudMap, pass } = createWorld();

    await pass(knownScope([endpointWith(1)]));

    expect([...cloudMap.instances.keys()]).toEqual([instanceIdOf('10.0.1.1:80')]);
  });

  it('fm-13 registers new instances before it deregisters old ones', async () => {
    const { cloudMap, pass } = createWorld();
    const old = endpointOf({ id: 'vpce-old', addresses: [{ ip: '10.0.1.1', region: 'us-east-1' }] });
    const next = endpointOf({ id: 'vpce-new', addresses: [{ ip: '10.0.1.2', region: 'us-east-1' }] });
    await pass(knownScope([old]));
    cloudMap.writes.length = 0;

    await pass(knownScope([{ ...old, state: 'deleted' }, next]));

    expect(cloudMap.writes).toEqual([
      `register ${instanceIdOf('10.0.1.2:80')}`,
      `deregister ${instanceIdOf('10.0.1.1:80')}`,
    ]);
  });

  it('never overwrites a foreign instance with the id', async () => {
    const { cloudMap, pass } = createWorld();
    const theirs = new Map([['kong-privatelink:owner', 'other']]);
    cloudMap.instances.set(instanceIdOf('10.0.1.1:80'), theirs);

    const report = await pass(knownScope([endpointWith(1)]));

    expect([...cloudMap.instances.values()]).toEqual([theirs]);
    expect(report.publications).toMatchObject([{ applied: [{ outcome: 'failed' }] }]);
    expect(exitCodeOfSync(report)).toBe(4);
  });

  it('deregisters no more than the brake allows, and exits with 4', async () => {
    const { cloudMap, pass } = createWorld();
    await pass(knownScope([endpointWith(10), endpointOf({ id: 'vpce-2', domain: 'sd3' })]));
    const more = Array.from({ length: 40 }, (_, index) => ({ ip: `10.1.0.${index}`, region: 'us-east-1' }));
    const elsewhere = endpointOf({ id: 'vpce-3', domain: 'sd4', addresses: more });
    await pass(knownScope([endpointWith(10), elsewhere]));

    const report = await pass(knownScope([{ ...endpointWith(10), state: 'rejected' }, elsewhere]));

    expect(report.refused).toBeUndefined();
    expect(report.publications).toMatchObject([
      { withheld: { reason: expect.stringContaining('10 of 10 addresses') } },
    ]);
    expect(cloudMap.instances.size).toBe(10);
    expect(exitCodeOfSync(report)).toBe(3);
  });

  it('keeps absent instances under the policy upsert-only', async () => {
    const { cloudMap, clock, pass } = createWorld({ policy: { ...defaultPolicy, mode: 'upsert-only' } });
    await pass(knownScope([endpointWith(2)]));

    for (const _ of [1, 2, 3, 4]) {
      clock.advance(600_000);
      await pass(knownScope([endpointWith(1)]));
    }

    expect(cloudMap.instances.size).toBe(2);
  });

  it('goes on counting absences after a failed read of the service', async () => {
    const { cloudMap, clock, pass } = createWorld();
    await pass(knownScope([endpointWith(2)]));
    const passAbsent = async () => {
      clock.advance(100_000);
      return pass(knownScope([endpointWith(1)]));
    };
    await passAbsent();
    await passAbsent();
    cloudMap.isUnreadable = true;

    const unread = await passAbsent();
    cloudMap.isUnreadable = false;
    await passAbsent();

    expect(unread.publications).toMatchObject([{ error: 'throttled', changes: [] }]);
    expect(exitCodeOfSync(unread)).toBe(4);
    expect([...cloudMap.instances.keys()]).toEqual([instanceIdOf('10.0.1.1:80')]);
  });

  it('makes the pass look up the endpoint of an instance that only the service still holds', async () => {
    const confirmGone: PassDependencies['confirmGone'] = async (missing) => ({
      goneIds: [...missing.values()].flat(),
      warnings: [],
    });
    const { cloudMap, pass } = createWorld({ confirmGone });
    const other = endpointOf({ id: 'vpce-2', domain: 'sd3', addresses: [{ ip: '10.0.2.1', region: 'us-east-1' }] });
    await pass(knownScope([endpointWith(1), other]));
    cloudMap.isUnreadable = true;
    await pass(knownScope([other]));
    cloudMap.isUnreadable = false;

    await pass(knownScope([other]));

    expect([...cloudMap.instances.keys()]).toEqual([]);
  });

  it('warns of a domain that no endpoint claims', async () => {
    const { pass } = createWorld();

    const report = await pass(knownScope([endpointOf({ domain: 'sd3' })]));

    expect(report.warnings).toEqual([
      'publish, domain sd2: no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint',
    ]);
  });
});

describe('fm-54 a service that answers endlessly', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is read for a minute, and only its own publication fails', async () => {
    jest.useFakeTimers();
    const good = createMemoryControlPlane('test');
    const endless: typeof good = { ...good, read: () => new Promise(() => {}) };
    const publications = [
      { name: 'endless', domain: 'sd2', service: endless },
      { name: 'good', domain: 'sd2', service: good },
    ];

    const reading = readPublications(publications, new AbortController().signal);
    await jest.advanceTimersByTimeAsync(60_000);

    expect(await reading).toMatchObject([
      { name: 'endless', held: [], error: expect.stringContaining('endless did not answer within 60 s') },
      { name: 'good', held: [] },
    ]);
    expect((await reading)[1]?.error).toBeUndefined();
  });
});
