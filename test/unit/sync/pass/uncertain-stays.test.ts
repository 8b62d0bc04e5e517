import { describe, expect, it } from '@jest/globals';
import type { Endpoint, ScopeState } from '#core/model';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import { endpointOf, hubScope, knownScope, unknownScope } from '../../../support/builders';
import { createPasses, defaultPolicy, type Passes } from '../../../support/passes';

/**
 * Hostile worlds that once emptied domains: each removed live targets, or sent their requests
 * elsewhere.
 */

const shared = [{ ip: '10.0.7.7', region: 'us-east-1' }];
const sd2 = endpointOf({ id: 'vpce-2', domain: 'sd2', addresses: shared });
const sd9 = endpointOf({ id: 'vpce-9', domain: 'sd9', addresses: shared });
const relay = { id: 'relay.snapshot.none', source: 'relay', account: 'snapshot', region: 'none' };

function addressesOf({ plane }: Passes, domain: string): readonly string[] {
  const prefix = `target:${domain}.privatelink|`;
  return [...plane.entities.keys()].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

async function passOften(passes: Passes, ...scopes: readonly ScopeState[]): Promise<void> {
  for (const _ of [1, 2, 3, 4, 5]) {
    passes.clock.advance(600_000);
    await passes.pass(...scopes);
  }
}

describe('fm-35 an address that serves two domains', () => {
  it.each<[string, readonly Endpoint[]]>([
    ['is not listed any more', [sd9]],
    ['is unhealthy', [sd9, { ...sd2, state: 'partial' }]],
    ['names another domain', [sd9, { ...sd2, domain: 'sd3' }]],
  ])('stays the last target of the domain whose endpoint %s', async (_, listed) => {
    for (const mode of ['sync', 'upsert-only'] as const) {
      const passes = createPasses({ policy: { ...defaultPolicy, mode } });
      await passes.pass(knownScope([sd2, sd9]));

      await passOften(passes, knownScope(listed));

      expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);
      expect(addressesOf(passes, 'sd9')).toEqual(['10.0.7.7:80']);
    }
  });

  it('leaves the domain whose endpoint AWS calls gone, and no other domain', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2, sd9]));

    await passes.pass(knownScope([{ ...sd2, state: 'deleted' }, sd9]));

    expect([addressesOf(passes, 'sd2'), addressesOf(passes, 'sd9')]).toEqual([[], ['10.0.7.7:80']]);
  });

  it('stays by the brake where its removal would empty 39 of 40 domains', async () => {
    const passes = createPasses();
    const endpoints = Array.from({ length: 40 }, (_, index) =>
      endpointOf({ id: `vpce-${index}`, domain: `sd${index}`, addresses: shared }),
    );
    await passes.pass(knownScope(endpoints));

    const report = await passes.pass(
      knownScope(endpoints.map((one, index) => (index > 0 ? { ...one, state: 'deleted' as const } : one))),
    );

    expect(exitCodeOfSync(report)).toBe(3);
    expect(report.withheld?.changes).toHaveLength(39);
  });
});

describe('fm-38 an older observation', () => {
  const relayed = (over: Partial<Endpoint>, atMs: number): ScopeState =>
    knownScope([{ ...sd2, ...over, scopeId: relay.id, observed: { scopeId: hubScope.id, atMs } }], [], relay);
  const calledRejected = relayed({ state: 'rejected' }, 1);

  it('does not remove an address that a newer observation calls available', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2]), calledRejected);

    await passes.pass(knownScope([sd2]), calledRejected);

    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);
  });

  it('does not remove an address that a now unknown scope called available later', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2]), calledRejected);

    await passes.pass(unknownScope([sd2]), calledRejected);

    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);
  });

  it('does not remove an address that an unknown scope may have called available later', async () => {
    const first = createPasses();
    await first.pass(knownScope([sd2]));
    const fresh = createPasses({ controlPlane: first.plane });

    await fresh.pass(unknownScope(), calledRejected);

    expect(addressesOf({ ...fresh, plane: first.plane }, 'sd2')).toEqual(['10.0.7.7:80']);
  });

  it('does not restore an address that a newer observation calls gone', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2]), relayed({}, 1));

    await passes.pass(knownScope([{ ...sd2, state: 'deleted' }]), relayed({}, 1));

    expect(addressesOf(passes, 'sd2')).toEqual([]);
  });

  it('removes an address that it calls gone, where it is the newer observation', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2]), relayed({}, 1));

    await passes.pass(unknownScope([sd2]), relayed({ state: 'deleted' }, 900));

    expect(addressesOf(passes, 'sd2')).toEqual([]);
  });

  it('does not decide the addresses of an endpoint, and changes no tag', async () => {
    const passes = createPasses();
    const moved = [{ ip: '10.0.7.8', region: 'us-east-1' }];
    await passes.pass(knownScope([sd2]), relayed({ addresses: moved }, 1));
    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);

    await passes.pass(knownScope([sd2]), relayed({ addresses: shared }, 2_000));

    expect(passes.plane.writes.filter((write) => write.startsWith('update'))).toEqual([]);
  });

  it('does not remove an address that its own scope lists, whatever the time of the relay', async () => {
    const passes = createPasses();
    await passes.pass(knownScope([sd2]), relayed({}, 1));

    await passOften(passes, knownScope([sd2]), relayed({ state: 'rejected' }, 9_000_000_000_000));
    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);

    await passes.pass(knownScope([]), relayed({ state: 'rejected' }, 9_000_000_000_000));
    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);
  });

  it('is not outdated by a scope with an equal name in another account', async () => {
    const passes = createPasses();
    const ofOthers = { scopeId: hubScope.id, atMs: 1, accountId: '999999999999' };
    const theirs = knownScope([{ ...sd2, scopeId: relay.id, observed: ofOthers }], [], relay);

    await passOften(passes, knownScope([sd9]), theirs);

    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.7.7:80']);
  });

  it('makes the pass ask for the id of an endpoint that only it lists', async () => {
    const passes = createPasses({
      confirmGone: async (missing) => ({ goneIds: missing.get(hubScope.id) ?? [], warnings: [] }),
    });
    await passes.pass(knownScope([sd2, sd9]), relayed({}, 1));

    await passes.pass(knownScope([sd9]), relayed({}, 1));

    expect(addressesOf(passes, 'sd2')).toEqual([]);
  });
});

describe('an absent target', () => {
  it('stays if all targets beside it have weight 0', async () => {
    const passes = createPasses();
    const idle = endpointOf({ id: 'vpce-0', weight: 0, addresses: [{ ip: '10.0.8.8', region: 'us-east-1' }] });
    await passes.pass(knownScope([sd2]));

    await passOften(passes, knownScope([idle]));

    expect(addressesOf(passes, 'sd2')).toContain('10.0.7.7:80');
  });

  it('is uncertain if its source has a new name and lists it in a state that holds', async () => {
    const passes = createPasses();
    const other = endpointOf({ id: 'vpce-3', addresses: [{ ip: '10.0.8.8', region: 'us-east-1' }] });
    const renamed = { ...hubScope, id: 'hub2.self.us-east-1', source: 'hub2' };
    const inRenamed = (endpoints: readonly Endpoint[]) =>
      knownScope(
        endpoints.map((one) => ({ ...one, scopeId: renamed.id })),
        [],
        renamed,
      );
    await passes.pass(knownScope([sd2, other]));

    await passOften(passes, inRenamed([{ ...sd2, state: 'pending' }, other]));

    expect(addressesOf(passes, 'sd2')).toContain('10.0.7.7:80');
  });
});

describe('fm-43 a domain with only absent targets', () => {
  const endpoints = [9, 10, 11].map((last) =>
    endpointOf({ id: `vpce-a${last}`, addresses: [{ ip: `10.0.0.${last}`, region: 'us-east-1' }] }),
  );

  it('keeps the target with the newest observation, and says so', async () => {
    const passes = createPasses();
    await passes.pass(knownScope(endpoints));
    await passOften(passes, knownScope(endpoints.slice(1, 2)));
    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.0.10:80']);

    await passOften(passes, knownScope([]));
    const { kept } = await passes.pass(knownScope([]));

    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.0.10:80']);
    expect(kept.map(({ reason }) => reason)).toEqual(['endpoint vpce-a10 is not listed; last target, absent']);
  });

  it('keeps the lowest address among equal observations', async () => {
    const passes = createPasses();
    await passes.pass(knownScope(endpoints));

    await passOften(passes, knownScope([]));

    expect(addressesOf(passes, 'sd2')).toEqual(['10.0.0.9:80']);
  });
});
