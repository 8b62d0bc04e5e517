import { describe, expect, it } from '@jest/globals';
import type { ServiceState } from '#core/contracts/model';
import { planContracts } from '#sync/contracts/plan';
import {
  accounts,
  connectionOf,
  contractsOf,
  knownPart,
  rootOf,
  serviceId,
  serviceOf,
  unknownPart,
} from '../../../support/contracts/builders';
import { defaultPolicy } from '../../../support/passes';

const all = { accept: 'contracted', reject: 'uncontracted', permissions: 'manage' } as const;

function plan(services: readonly ServiceState[], over: Readonly<Record<string, unknown>> = all, policy = {}) {
  return planContracts({ services }, contractsOf(over), { ...defaultPolicy, ...policy });
}

/** `action subject`, in their order. */
function planned(...args: Parameters<typeof plan>): readonly string[] {
  return plan(...args).actions.map(({ action, endpointId, principal }) => `${action} ${endpointId ?? principal}`);
}

const both = [{ principal: rootOf(accounts.sd1) }, { principal: rootOf(accounts.sd2) }];
const allowed = knownPart(both);

describe('planContracts', () => {
  it('does nothing by default', () => {
    const connections = knownPart([connectionOf(), connectionOf({ endpointId: 'vpce-2', account: accounts.other })]);
    const permissions = knownPart([{ principal: '*' }]);

    expect(plan([serviceOf({ connections, permissions })], {})).toEqual({ actions: [], withheld: [] });
  });

  it('accepts an endpoint whose consumer may call a domain of the service, and says why', () => {
    const connections = knownPart([
      connectionOf({ endpointId: 'vpce-2', account: accounts.sd2 }),
      connectionOf({ endpointId: 'vpce-3', account: accounts.other }),
      connectionOf({ endpointId: 'vpce-4', state: 'available' }),
      connectionOf({ endpointId: 'vpce-1' }),
    ]);

    expect(plan([serviceOf({ connections })], { accept: 'contracted' }).actions).toEqual([
      {
        action: 'accept',
        serviceId,
        scopeId: 'contracts.self.us-east-1.vpce-svc-0a1',
        endpointId: 'vpce-1',
        account: accounts.sd1,
        consumer: 'sd1',
        reason: 'sd1 may call sd2',
      },
      expect.objectContaining({ action: 'accept', endpointId: 'vpce-2', reason: 'sd2 may call sd1, egress' }),
    ]);
  });

  it.each(['pendingAcceptance', 'PendingAcceptance'])(
    'recognises the state %s, as the wire and the SDK spell it',
    (state) => {
      const connections = knownPart([connectionOf({ state })]);

      expect(planned([serviceOf({ connections })], { accept: 'contracted' })).toEqual(['accept vpce-1']);
    },
  );

  it('accepts at a provider only consumers of one of its domains', () => {
    const connections = knownPart([connectionOf(), connectionOf({ endpointId: 'vpce-2', account: accounts.sd2 })]);

    expect(planned([serviceOf({ domains: ['sd2'], connections })], { accept: 'contracted' })).toEqual([
      'accept vpce-1',
    ]);
  });

  it('distinguishes consumers of one account by their endpoints', () => {
    const consumers = {
      blue: { accounts: [accounts.sd1], endpoints: ['vpce-1'], calls: ['sd2'] },
      green: { accounts: [accounts.sd1], endpoints: ['vpce-2'], calls: [] },
    };
    const connections = knownPart(['vpce-1', 'vpce-2', 'vpce-3'].map((endpointId) => connectionOf({ endpointId })));

    expect(planned([serviceOf({ connections })], { ...all, permissions: 'report', consumers })).toEqual([
      'accept vpce-1',
      'reject vpce-2',
      'reject vpce-3',
    ]);
  });

  it.each(['pendingAcceptance', 'pending', 'available'])(
    'rejects a connection without a consumer that is %s',
    (state) => {
      const connections = knownPart([connectionOf({ account: accounts.other, state })]);

      expect(plan([serviceOf({ connections, permissions: allowed })]).actions).toMatchObject([
        { action: 'reject', account: accounts.other, reason: 'account 444444444444 is in no consumer of contracts' },
      ]);
    },
  );

  it.each(['rejected', 'deleting', 'deleted', 'failed', 'expired', 'unreadable', 'somethingNew'])(
    'does not change a connection that is %s',
    (state) => {
      const connections = knownPart([
        connectionOf({ state }),
        connectionOf({ endpointId: 'vpce-2', account: accounts.other, state }),
      ]);

      expect(planned([serviceOf({ connections, permissions: allowed })])).toEqual([]);
    },
  );

  it.each([
    ['AWS does not return the account', { account: undefined }],
    ['AWS returns the account malformed', { account: accounts.other, misfit: 'vpcEndpointState: …' }],
    [
      'a consumer lists the endpoint, and AWS returns another account',
      { account: accounts.other, endpointId: 'vpce-9' },
    ],
  ])('does not reject where %s', (_, over) => {
    const consumers = { sd1: { accounts: [accounts.sd1], endpoints: ['vpce-9'], calls: ['sd2'] } };
    const connections = knownPart([connectionOf({ state: 'available', ...over })]);
    const permissions = knownPart([{ principal: rootOf(accounts.sd1) }]);

    expect(planned([serviceOf({ connections, permissions })], { ...all, consumers })).toEqual([]);
  });

  it('accepts no unreadable connection', () => {
    const connections = knownPart([connectionOf({ misfit: 'vpcEndpointState: …' })]);

    expect(planned([serviceOf({ connections, permissions: allowed })])).toEqual([]);
  });

  it('does nothing on an unknown part, whatever its last good', () => {
    const connections = unknownPart([connectionOf(), connectionOf({ endpointId: 'vpce-2', account: accounts.other })]);
    const permissions = unknownPart([{ principal: '*' }]);

    expect(planned([serviceOf({ connections, permissions })])).toEqual([]);
  });

  it('goes on with the known part where AWS denies the other', () => {
    const connections = knownPart([connectionOf()]);

    expect(planned([serviceOf({ connections, permissions: unknownPart() })])).toEqual(['accept vpce-1']);
    expect(planned([serviceOf({ connections: unknownPart(), permissions: knownPart([]) })])).toEqual([
      `allow ${rootOf(accounts.sd1)}`,
      `allow ${rootOf(accounts.sd2)}`,
    ]);
  });

  it('allows principals first, then accepts, then rejects, and disallows last', () => {
    const connections = knownPart([
      connectionOf({ endpointId: 'vpce-0', account: accounts.other, state: 'available' }),
      connectionOf(),
    ]);
    const permissions = knownPart([{ principal: '*' }, { principal: rootOf(accounts.sd1) }]);

    expect(planned([serviceOf({ connections, permissions })])).toEqual([
      `allow ${rootOf(accounts.sd2)}`,
      'accept vpce-1',
      'reject vpce-0',
      'disallow *',
    ]);
  });

  it('removes nothing under upsert-only', () => {
    const connections = knownPart([connectionOf({ account: accounts.other }), connectionOf({ endpointId: 'vpce-2' })]);
    const permissions = knownPart([{ principal: '*' }, ...both]);

    expect(planned([serviceOf({ connections, permissions })], all, { mode: 'upsert-only' })).toEqual(['accept vpce-2']);
  });
});

describe('principals', () => {
  const manage = { permissions: 'manage' };

  it.each([
    ['us-east-1', 'aws'],
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['us-iso-east-1', 'aws-iso'],
    ['us-isob-east-1', 'aws-iso-b'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('are of the partition of region %s', (region, partition) => {
    const consumers = { sd1: { accounts: [accounts.sd1], calls: ['sd2'] } };

    expect(planned([serviceOf({ region })], { ...manage, consumers })).toEqual([
      `allow arn:${partition}:iam::${accounts.sd1}:root`,
    ]);
  });

  it('are those of the consumers, and at a provider only of consumers that may call it', () => {
    const role = `arn:aws:iam::${accounts.sd1}:role/connects`;
    const consumers = {
      sd1: { principals: [role], calls: ['sd2'] },
      sd2: { accounts: [accounts.sd2], calls: ['sd1'] },
      idle: { accounts: [accounts.other] },
    };

    expect(planned([serviceOf({ domains: ['sd2'] })], { ...manage, consumers })).toEqual([`allow ${role}`]);
    expect(planned([serviceOf()], { ...manage, consumers })).toEqual([
      `allow ${role}`,
      `allow ${rootOf(accounts.sd2)}`,
    ]);
  });

  describe('of a consumer with endpoints alone', () => {
    const consumers = { lone: { endpoints: ['vpce-7'], calls: ['sd2'] } };
    const permissions = knownPart([{ principal: rootOf(accounts.other) }, { principal: rootOf(accounts.sd1) }]);

    it('stay if its endpoint has their account, and none is added', () => {
      const connections = knownPart([connectionOf({ endpointId: 'vpce-7', account: accounts.other })]);

      expect(planned([serviceOf({ connections, permissions })], { ...manage, consumers })).toEqual([
        `disallow ${rootOf(accounts.sd1)}`,
      ]);
    });

    it('all stay while the connections are unknown', () => {
      expect(planned([serviceOf({ connections: unknownPart(), permissions })], { ...manage, consumers })).toEqual([]);
    });

    it('fm-88 all stay while AWS does not return the connections, whatever the last good', () => {
      const connections = unknownPart([connectionOf({ endpointId: 'vpce-9', account: accounts.other })]);

      expect(planned([serviceOf({ connections, permissions })], { ...manage, consumers })).toEqual([]);
    });

    it('all stay while AWS does not return the account of its endpoint', () => {
      const connections = knownPart([connectionOf({ endpointId: 'vpce-7', account: undefined })]);

      expect(planned([serviceOf({ connections, permissions })], { ...manage, consumers })).toEqual([]);
    });
  });
});

describe('the brake', () => {
  const others = Array.from({ length: 4 }, (_, index) =>
    connectionOf({ endpointId: `vpce-a${index}`, account: accounts.other, state: 'available' }),
  );
  const own = (count: number) =>
    Array.from({ length: count }, (_, index) => connectionOf({ endpointId: `vpce-b${index}`, state: 'available' }));
  const rules = { reject: 'uncontracted' };

  it('withholds rejections of more than maxRemovePercent of the accepted connections, from ten up', () => {
    const { actions, withheld } = plan([serviceOf({ connections: knownPart([...others, ...own(6)]) })], rules);

    expect(actions).toEqual([]);
    expect(withheld).toEqual([
      {
        reason:
          'the plan rejects 4 of 10 accepted connections (40 %) of vpce-svc-0a1, more than policy.maxRemovePercent 30 %; check contracts.consumers; if that is right, --allow-removals 4 allows these removals once',
        actions: expect.arrayContaining([expect.objectContaining({ endpointId: 'vpce-a3' })]),
      },
    ]);
    expect(withheld[0]?.actions).toHaveLength(4);
  });

  it.each([
    ['below ten', [...others, ...own(5)], {}],
    ['at the limit', [...others, ...own(10)], {}],
    ['where they are allowed', [...others, ...own(6)], { allowRemovals: 4 }],
  ])('does not act %s', (_, connections, policy) => {
    const { actions, withheld } = plan([serviceOf({ connections: knownPart(connections) })], rules, policy);

    expect([actions.length, withheld.length]).toEqual([4, 0]);
  });

  it('ignores connections that were never accepted, and lets the rest of the plan go on', () => {
    const waiting = connectionOf({ endpointId: 'vpce-c', account: accounts.other });
    const contracted = connectionOf({ endpointId: 'vpce-d' });
    const connections = knownPart([...others, ...own(6), waiting, contracted]);

    expect(planned([serviceOf({ connections })], { ...rules, accept: 'contracted' })).toEqual([
      'accept vpce-d',
      'reject vpce-c',
    ]);
  });

  it('withholds removals of principals too', () => {
    const permissions = knownPart(
      Array.from({ length: 10 }, (_, index) => ({ principal: rootOf(`55555555555${index}`) })),
    );

    const { actions, withheld } = plan([serviceOf({ permissions })], { permissions: 'manage' });

    expect(actions.map(({ action }) => action)).toEqual(['allow', 'allow']);
    expect(withheld).toMatchObject([
      { reason: expect.stringContaining('removes 10 of 10 allowed principals (100 %)') },
    ]);
  });
});
