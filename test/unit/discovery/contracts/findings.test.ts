import { describe, expect, it } from '@jest/globals';
import type { ServiceState } from '#core/contracts/model';
import { endpointZonesIn, findingsOf } from '#discovery/contracts/findings';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { connectionTo, contractsView, gatewayService, serviceState } from '../../../support/contracts/view';

const sd1 = { accounts: ['111111111111'], calls: ['sd2', 'egress'] };
const root = (account: string) => `arn:aws:iam::${account}:root`;

type Over = Partial<Parameters<typeof findingsOf>[1]> & { readonly zones?: Parameters<typeof findingsOf>[2] };

function found(services: readonly ServiceState[], { zones, ...over }: Over = {}) {
  return findingsOf(contractsView(...services), { consumers: { sd1 }, accept: 'manual', ...over }, zones);
}

const codes = (services: readonly ServiceState[], over?: Over) => found(services, over).map(({ code }) => code);

it('the findings are empty where everything matches the contract', () => {
  const state = serviceState({ connections: [connectionTo()], permissions: [{ principal: root('111111111111') }] });

  expect(found([state])).toEqual([]);
});

describe('findings about connections', () => {
  it.each([
    [
      'manual',
      'accept it (aws ec2 accept-vpc-endpoint-connections --region us-east-1 --service-id vpce-svc-0a --vpc-endpoint-ids vpce-01), or set contracts.accept to contracted',
    ],
    ['contracted', 'the next sync accepts it, where policy and approval let it'],
  ] as const)('name a waiting connection that the contract allows (accept: %s)', (accept, fix) => {
    const state = serviceState({ connections: [connectionTo({ state: 'pendingAcceptance' })] });

    expect(found([state], { accept })).toEqual([
      {
        code: 'pending-contracted',
        serviceId: gatewayService,
        endpointId: 'vpce-01',
        account: '111111111111',
        consumer: 'sd1',
        reason:
          'endpoint vpce-01 (account 111111111111) of consumer sd1 waits to be accepted at vpce-svc-0a, and may call sd2, egress',
        fix,
      },
    ]);
  });

  it.each(['available', 'pending'])('name a connection outside the contract (%s)', (state) => {
    const stranger = connectionTo({ endpointId: 'vpce-0f', account: '999999999999', state });

    const [finding] = found([serviceState({ connections: [connectionTo(), stranger] })]);

    expect(finding).toMatchObject({
      code: 'accepted-uncontracted',
      endpointId: 'vpce-0f',
      account: '999999999999',
      reason: expect.stringContaining('is of no consumer in contracts'),
      fix: expect.stringMatching(
        /^name its account, or its id, in contracts\.consumers if .* \(aws ec2 reject-vpc-endpoint-connections/,
      ),
    });
  });

  it('name a connection whose consumer may call nothing behind the service', () => {
    const state = serviceState({ domains: ['other'], connections: [connectionTo()] });

    expect(found([state])).toMatchObject([
      {
        code: 'accepted-uncontracted',
        consumer: 'sd1',
        reason: expect.stringContaining(
          'of consumer sd1 is connected to vpce-svc-0a, behind which it may call nothing',
        ),
        fix: expect.stringContaining('contracts.consumers.sd1.calls'),
      },
    ]);
  });

  it.each(['rejected', 'deleted', 'deleting', 'failed', 'expired', 'teleported'])(
    'ignore a connection that is %s',
    (state) => {
      const gone = connectionTo({ endpointId: 'vpce-0f', account: '999999999999', state });

      expect(found([serviceState({ connections: [connectionTo(), gone] })])).toEqual([]);
    },
  );

  it('name an unreadable connection, and say nothing else of it', () => {
    const odd = connectionTo({ account: '999999999999', misfit: 'VpcEndpointState: no state' });

    expect(found([serviceState({ connections: [connectionTo({ endpointId: 'vpce-02' }), odd] })])).toMatchObject([
      {
        code: 'connection-unreadable',
        endpointId: 'vpce-01',
        reason: expect.stringContaining('neither accepted nor rejected'),
      },
    ]);
  });

  it('are empty while the connections are not known', () => {
    expect(
      codes([serviceState({ connections: 'unknown', permissions: [{ principal: root('999999999999') }] })]),
    ).toEqual([]);
  });
});

describe('findings about principals', () => {
  const consumers = { sd1 };

  it('name an unused principal, with the command that removes it', () => {
    const state = serviceState({
      connections: [connectionTo()],
      permissions: [{ principal: root('111111111111') }, { principal: root('999999999999') }],
    });

    expect(found([state])).toEqual([
      {
        code: 'principal-unused',
        serviceId: gatewayService,
        principal: root('999999999999'),
        account: '999999999999',
        reason: `${root('999999999999')} may connect to vpce-svc-0a, but account 999999999999 has no endpoint there and is no consumer in contracts`,
        fix: `remove it (aws ec2 modify-vpc-endpoint-service-permissions --region us-east-1 --service-id vpce-svc-0a --remove-allowed-principals ${root('999999999999')}), or name it in contracts.consumers`,
      },
    ]);
  });

  it.each([
    ['of a user or role whose account connects', `arn:aws:iam::111111111111:role/deployer`],
    ['of an organization', 'arn:aws:organizations::999999999999:ou/o-1/ou-1'],
    ['of a service', 'vpce.amazonaws.com'],
  ])('ignore a principal %s', (_, principal) => {
    expect(found([serviceState({ connections: [connectionTo()], permissions: [{ principal }] })])).toEqual([]);
  });

  it('name an unconnected contract once, and not its principal again', () => {
    expect(codes([serviceState({ permissions: [{ principal: root('111111111111') }] })])).toEqual([
      'contract-unconnected',
    ]);
  });

  it('ignore principals where an endpoint may be of any account', () => {
    const state = serviceState({
      connections: [
        connectionTo(),
        connectionTo({ endpointId: 'vpce-02', account: undefined, state: 'pendingAcceptance' }),
      ],
      permissions: [{ principal: root('999999999999') }],
    });

    expect(found([state], { consumers })).toEqual([]);
  });

  it.each([
    [true, 'every AWS account may ask to connect', 'allow the principals of contracts.consumers alone'],
    [false, 'is let in at once', 'and require acceptance'],
  ])('name a principal for everybody (acceptance required: %s)', (acceptanceRequired, reason, fix) => {
    const state = serviceState({
      connections: [connectionTo()],
      permissions: [{ principal: '*' }],
      setup: { acceptanceRequired },
    });

    expect(found([state])).toMatchObject([
      {
        code: 'anyone-allowed',
        principal: '*',
        reason: expect.stringContaining(reason),
        fix: expect.stringContaining(fix),
      },
    ]);
  });
});

describe('findings about consumers', () => {
  it('name a consumer without an endpoint, and the place to create one', () => {
    expect(found([serviceState()])).toEqual([
      {
        code: 'contract-unconnected',
        serviceId: gatewayService,
        consumer: 'sd1',
        reason: 'consumer sd1 may call sd2, egress, and no endpoint of it is connected to vpce-svc-0a',
        fix: 'create an interface endpoint to it in account 111111111111, or take the consumer out of contracts',
      },
    ]);
  });

  it('name an unconnected consumer once, if no service of the gateway has its endpoint', () => {
    const far = serviceState({ serviceId: 'vpce-svc-0b', region: 'eu-west-1' });

    expect(codes([serviceState({ connections: [connectionTo()] }), far])).toEqual([]);
    expect(found([serviceState(), far])).toMatchObject([
      { reason: expect.stringContaining('vpce-svc-0a or vpce-svc-0b') },
    ]);
    expect(
      codes([serviceState(), { ...far, connections: { status: 'unknown', code: 'TIMEOUT', reason: '' } }]),
    ).toEqual([]);
  });

  it('ignore a consumer at a service behind which it calls nothing', () => {
    expect(found([serviceState({ domains: ['other'] })])).toEqual([]);
    expect(found([serviceState()], { consumers: { sd1: { ...sd1, calls: [] } } })).toEqual([]);
  });

  it('name a waiting consumer, and do not call it unconnected', () => {
    expect(codes([serviceState({ connections: [connectionTo({ state: 'pendingAcceptance' })] })])).toEqual([
      'pending-contracted',
    ]);
  });
});

describe('findings about zones', () => {
  const zones = new Map([['vpce-01', new Set(['use1-az1', 'use1-az4'])]]);

  it('name zones without the service, for endpoints with known zones', () => {
    const other = connectionTo({ endpointId: 'vpce-02' });

    expect(found([serviceState({ connections: [connectionTo(), other] })], { zones })).toMatchObject([
      {
        code: 'zones-apart',
        endpointId: 'vpce-01',
        reason:
          'endpoint vpce-01 has addresses in use1-az4, and vpce-svc-0a serves use1-az1, use1-az2: they may not answer',
      },
    ]);
  });

  it.each([
    ['the zones of the service are not known', serviceState({ connections: [connectionTo()], setup: { zoneIds: [] } })],
    ['the service is not known', serviceState({ connections: [connectionTo()], setup: 'unknown' })],
    ['the endpoint lies in another region', serviceState({ connections: [connectionTo({ region: 'us-west-2' })] })],
    [
      'the place of the endpoint is not known',
      serviceState({ connections: [connectionTo({ endpointId: 'vpce-02' })] }),
    ],
  ])('are empty where %s', (_, state) => {
    expect(found([state], { zones })).toEqual([]);
  });

  it('use the zones of the endpoints of own sources', () => {
    const address = (zoneId?: string) => ({ ip: '10.0.0.1', region: 'us-east-1', zoneId });
    const endpoints = [
      endpointOf({ id: 'vpce-01', addresses: [address('use1-az1'), address('use1-az4')] }),
      endpointOf({ id: 'vpce-02', addresses: [address()] }),
    ];

    expect(endpointZonesIn(snapshotOf(knownScope(endpoints)))).toEqual(zones);
  });
});

describe('findings about targets', () => {
  it('name unhealthy targets, zone by zone', () => {
    const health = [
      { zoneId: '-', healthy: 1, unhealthy: 1 },
      { zoneId: 'use1-az1', healthy: 2, unhealthy: 0 },
      { zoneId: 'use1-az2', healthy: 0, unhealthy: 3 },
    ];

    const reasons = found([serviceState({ connections: [connectionTo()], health })]).map(({ code, reason }) => [
      code,
      reason,
    ]);

    expect(reasons).toEqual([
      ['targets-unhealthy', 'behind vpce-svc-0a, 1 of the 2 targets whose zone AWS does not tell is healthy'],
      ['targets-unhealthy', 'behind vpce-svc-0a, none of the 3 targets in use1-az2 is healthy'],
    ]);
  });

  it('are empty without permission to read the health', () => {
    expect(found([serviceState({ connections: [connectionTo()], health: 'unknown' })])).toEqual([]);
  });
});
