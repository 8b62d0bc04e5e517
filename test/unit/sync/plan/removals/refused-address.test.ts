import { describe, expect, it } from '@jest/globals';
import type { Endpoint, Quarantined, ScopeState } from '#core/model';
import type { AllowedAddresses } from '#sync/plan/removals/refused-address';
import { endpointOf, hubScope, knownScope, unknownScope } from '../../../../support/builders';
import { createPasses, defaultPolicy, type Passes } from '../../../../support/passes';

/** Targets from a version before the rule, or from a configuration with wider grants. */

function held(ip: string, over: Partial<Endpoint> = {}): Endpoint {
  return endpointOf({ id: 'srv-1.odd', addresses: [{ ip, region: 'us-east-1' }], ...over });
}

/** Discovery's present result for such an endpoint. */
function refused({ id, domain }: Endpoint): Quarantined {
  const { id: scopeId } = hubScope;
  return {
    endpointId: id,
    scopeId,
    domain,
    state: 'available',
    code: 'address-not-allowed',
    reason: 'is odd',
    fix: '-',
  };
}

/** Passes over a control plane that holds the target of `endpoint`. */
async function passesHolding(endpoint: Endpoint, over: Parameters<typeof createPasses>[0] = {}): Promise<Passes> {
  const passes = createPasses(over);
  await passes.pass(knownScope([endpoint]));
  expect(targetsOf(passes)).toHaveLength(1);
  return passes;
}

function targetsOf({ plane }: Passes): readonly string[] {
  return [...plane.entities.keys()].filter((key) => key.startsWith('target:'));
}

async function passOften(passes: Passes, ...scopes: readonly ScopeState[]) {
  for (const _ of [1, 2, 3, 4]) {
    passes.clock.advance(600_000);
    await passes.pass(...scopes);
  }
}

describe('a target with a forbidden address', () => {
  it.each(['169.254.169.254', 'fd00:ec2::254', '127.0.0.1', '::1'])(
    'fm-44 leaves at once, even as the last target and with an unknown scope: %s',
    async (ip) => {
      for (const mode of ['sync', 'upsert-only'] as const) {
        const passes = await passesHolding(held(ip), { policy: { ...defaultPolicy, mode } });

        const { changes } = await passes.pass(unknownScope());

        expect(targetsOf(passes)).toEqual([]);
        expect(changes).toMatchObject([
          {
            action: 'delete',
            reason: expect.stringMatching(/^the (metadata|loopback) address .* may not be a target/),
          },
        ]);
      }
    },
  );

  it.each([
    ['127.20.1.11', undefined],
    ['10.0.1.1', undefined],
    ['203.0.113.7', 'vpce-0a1'],
  ])('fm-44 stays if it is granted, private, or stated by EC2: %s of %s', async (ip, id = 'srv-1.odd') => {
    const allowed: AllowedAddresses = new Map([['hub', ['127.0.0.0/8']]]);
    const passes = await passesHolding(held(ip, { id }), { allowed });

    await passOften(passes, knownScope([], [refused(held(ip, { id }))]));

    expect(targetsOf(passes)).toHaveLength(1);
  });

  it('fm-44 depends on the grants of its own source alone', async () => {
    const passes = await passesHolding(held('127.20.1.11'), { allowed: new Map([['other', ['127.0.0.0/8']]]) });

    await passes.pass(knownScope([]));

    expect(targetsOf(passes)).toEqual([]);
  });

  it.each(['169.254.9.9', '224.0.0.1', '203.0.113.7', '0.0.0.0'])(
    'fm-44 leaves like an absent target, beside other targets: %s',
    async (ip) => {
      const good = endpointOf({ id: 'vpce-0a1', addresses: [{ ip: '10.0.1.1', region: 'us-east-1' }] });
      const passes = createPasses();
      await passes.pass(knownScope([good, held(ip)]));

      const { kept } = await passes.pass(knownScope([good], [refused(held(ip))]));
      const after = targetsOf(passes).length;
      await passOften(passes, knownScope([good], [refused(held(ip))]));

      expect(kept).toMatchObject([{ reason: expect.stringMatching(/may not be a target .*; absence 1 of 3/) }]);
      expect([after, targetsOf(passes)]).toEqual([2, ['target:sd2.privatelink|10.0.1.1:80']]);
    },
  );

  it('fm-44 stays with a reason, in upsert-only, with an unknown scope, and as the last target', async () => {
    const public7 = held('203.0.113.7');
    const upsertOnly = await passesHolding(public7, { policy: { ...defaultPolicy, mode: 'upsert-only' } });
    const [unread, last] = [await passesHolding(public7), await passesHolding(public7)];

    await passOften(upsertOnly, knownScope([], [refused(public7)]));
    await passOften(unread, unknownScope());
    await passOften(last, knownScope([], [refused(public7)]));

    for (const passes of [upsertOnly, unread, last]) expect(targetsOf(passes)).toHaveLength(1);
    expect((await upsertOnly.pass(knownScope([], [refused(public7)]))).kept).toMatchObject([
      { reason: expect.stringContaining('the public address 203.0.113.7 may not be a target') },
    ]);
  });

  it('fm-44 leaves without the other targets of its endpoint', async () => {
    const addresses = ['10.0.1.1', '169.254.169.254'].map((ip) => ({ ip, region: 'us-east-1' }));
    const both = held('', { addresses });
    const passes = createPasses();
    await passes.pass(knownScope([both]));

    await passOften(passes, knownScope([], [refused(both)]));

    expect(targetsOf(passes)).toEqual(['target:sd2.privatelink|10.0.1.1:80']);
  });
});
