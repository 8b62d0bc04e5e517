import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ContractsConfig } from '#config/contracts';
import { isLetIn } from '#discovery/contracts/found/rules';
import { planContracts } from '#sync/contracts/plan';
import { connectionOf, contractsOf, rootOf, serviceId } from '../../support/contracts/builders';
import { createMemoryServices, type MemoryService } from '../../support/contracts/memory';
import { createPasses, defaultPolicy } from '../../support/passes';

const accounts = ['111111111111', '222222222222', '333333333333', '444444444444'] as const;
const domains = ['sd1', 'sd2', 'egress'] as const;
const account = fc.constantFrom(...accounts);
const endpointId = fc.integer({ min: 1, max: 12 }).map((number) => `vpce-${number.toString(16)}`);

const connection = fc
  .record({
    endpointId,
    account: fc.option(account, { nil: undefined, freq: 6 }),
    state: fc.constantFrom('pendingAcceptance', 'pendingAcceptance', 'available', 'available', 'pending', 'rejected'),
    misfit: fc.option(fc.constant('vpcEndpointState: …'), { nil: undefined, freq: 1 }),
  })
  .map(connectionOf);

/** Consumers of whole accounts, by role, and by endpoints; no two share an account. */
const consumers = fc
  .tuple(
    fc.subarray([...accounts.slice(0, 3)]),
    fc.array(fc.subarray([...domains]), { minLength: 3, maxLength: 3 }),
    fc.constantFrom('accounts', 'principals', 'endpoints'),
  )
  .map(([ids, calls, how]) =>
    Object.fromEntries(
      ids.map((id, index) => {
        const names = { accounts: [id], principals: [`arn:aws:iam::${id}:role/r`], endpoints: [`vpce-${index + 1}`] };
        return [`c${index}`, { [how]: names[how], calls: calls[index] ?? [] }];
      }),
    ),
  );

const config: fc.Arbitrary<ContractsConfig> = fc
  .record({
    accept: fc.constantFrom('manual', 'contracted', 'contracted'),
    reject: fc.constantFrom('never', 'uncontracted', 'uncontracted'),
    permissions: fc.constantFrom('report', 'manage', 'manage'),
    consumers,
    own: fc.option(fc.subarray([...domains], { minLength: 1 }), { nil: undefined }),
  })
  .map(({ own, ...rest }) =>
    contractsOf({ ...rest, services: [{ id: serviceId, region: 'us-east-1', ...(own && { domains: own }) }] }),
  );

const world = fc.record({
  config,
  mode: fc.constantFrom('sync' as const, 'sync' as const, 'upsert-only' as const),
  connections: fc.uniqueArray(connection, { selector: (one) => one.endpointId, maxLength: 12 }),
  principals: fc.subarray([...accounts.map(rootOf), '*', 'arn:aws:iam::111111111111:role/r']),
  unknown: fc.subarray(['connections' as const, 'permissions' as const], { maxLength: 1 }),
});
type World = typeof world extends fc.Arbitrary<infer W> ? W : never;

function createService({ config, connections, principals, unknown }: World) {
  const memory = createMemoryServices(config, [{ domains: config.services[0]?.domains }]);
  const [service] = memory.all;
  if (!service) throw new Error('no service');
  fill(service, connections);
  for (const one of principals) service.principals.add(one);
  for (const part of unknown) service.unknown.add(part);
  return { memory, service };
}

function fill({ connections }: MemoryService, all: World['connections']): void {
  for (const one of all) connections.set(one.endpointId, one);
}

const signal = new AbortController().signal;

/**
 * Whether the contract lets a connection call anything behind the service, computed in another way
 * than the product does.
 */
function isContracted({ consumers, services }: ContractsConfig, one: World['connections'][number]): boolean {
  const behind = services[0]?.domains ?? domains;
  return Object.values(consumers).some(({ accounts, principals, endpoints, calls }) => {
    const ids = [...(accounts ?? []), ...(principals ?? []).map((arn) => arn.split(':')[4])];
    const isTheirs = endpoints ? endpoints.includes(one.endpointId) : ids.includes(one.account);
    return isTheirs && calls.some((domain) => (behind as readonly string[]).includes(domain));
  });
}

describe('contracts, from any state of a service', () => {
  it('fm-88 act on no unknown part, and take nothing from a contracted or an unidentified account', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { memory } = createService(one);
        const view = await memory.contracts.read(signal);

        const { actions } = planContracts(view, one.config, { ...defaultPolicy, mode: one.mode });

        for (const { action, endpointId: id, principal } of actions) {
          expect(one.unknown).not.toContain(principal === undefined ? 'connections' : 'permissions');
          const connection = one.connections.find((other) => other.endpointId === id);
          expect(connection?.misfit).toBeUndefined();
          if (action === 'accept') expect(connection && isContracted(one.config, connection)).toBe(true);
          if (action !== 'reject' && action !== 'disallow') continue;
          expect(one.mode).toBe('sync');
          if (connection)
            expect([isContracted(one.config, connection), connection.account === undefined]).toEqual([false, false]);
        }
      }),
    );
  });

  it('need no action after one pass, and let no endpoint outside the contract in', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { memory, service } = createService(one);
        const before = new Map([...service.connections].filter(([, connection]) => isLetIn(connection)));
        const allowRemovals = 100;
        const { pass } = createPasses({
          contracts: memory.contracts,
          policy: { ...defaultPolicy, mode: one.mode, allowRemovals },
        });

        await pass();
        const second = await pass();

        expect(second.contracts?.actions).toEqual([]);
        for (const [id, connection] of service.connections)
          if (isLetIn(connection)) expect(before.has(id) || isContracted(one.config, connection)).toBe(true);
      }),
    );
  });

  it('give every consumer of accounts its principal where permissions are managed', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (one) => {
        const { memory, service } = createService(one);
        const { pass } = createPasses({ contracts: memory.contracts, policy: { ...defaultPolicy, mode: one.mode } });
        const before = new Set(service.principals);

        await pass();

        const isManaged = one.config.permissions === 'manage' && !one.unknown.includes('permissions');
        const behind = one.config.services[0]?.domains ?? [...domains];
        for (const { accounts: ids = [], calls } of Object.values(one.config.consumers)) {
          if (!calls.some((domain) => behind.includes(domain))) continue;
          for (const arn of ids.map(rootOf)) expect(service.principals.has(arn)).toBe(isManaged || before.has(arn));
        }
      }),
    );
  });
});
