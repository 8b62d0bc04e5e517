import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ServiceConfig } from '#config/contracts';
import type { EndpointConnection } from '#core/contracts/model';
import { PrivatelinkError } from '#core/errors';
import type { ConnectionItem, EndpointServiceReader } from '#discovery/aws/readers/services';
import { createHealthReader } from '#discovery/contracts/health';
import { createContractsReader } from '#discovery/contracts/reader';
import type { ContractsStore, Remembered } from '#discovery/contracts/store';
import { createFakeClock } from '../../support/passes';

const { signal } = new AbortController();
const serviceIds = ['vpce-svc-0a', 'vpce-svc-0b'] as const;
const services: readonly ServiceConfig[] = serviceIds.map((id) => ({ id, region: 'us-east-1' }));
const parts = ['setup', 'connections', 'permissions'] as const;
type Part = (typeof parts)[number];

type Connected = { readonly service: 0 | 1; readonly number: number; readonly state: string; readonly misfit: boolean };

/** What AWS holds and does in one pass. */
type Pass = {
  readonly connections: readonly Connected[];
  readonly principals: readonly string[];
  /** Questions that fail. */
  readonly failing: readonly Part[];
  /** Services that AWS does not know, as with credentials of another account. */
  readonly absent: readonly (0 | 1)[];
  /** A new process, with what the last one left. */
  readonly isRestarted: boolean;
};

const pass: fc.Arbitrary<Pass> = fc.record({
  connections: fc.uniqueArray(
    fc.record({
      service: fc.constantFrom(0 as const, 1 as const),
      number: fc.nat(4),
      state: fc.constantFrom('pendingAcceptance', 'available', 'rejected'),
      misfit: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    }),
    { selector: ({ number }) => number, maxLength: 4 },
  ),
  principals: fc.uniqueArray(fc.constantFrom('*', 'arn:aws:iam::111111111111:root'), { maxLength: 2 }),
  failing: fc.uniqueArray(fc.constantFrom(...parts), { maxLength: 3 }),
  absent: fc.uniqueArray(fc.constantFrom(0 as const, 1 as const), { maxLength: 2 }),
  isRestarted: fc.boolean(),
});

const idOf = ({ number }: Connected) => `vpce-0${number}`;

function refuse(): never {
  throw new PrivatelinkError('refused', { code: 'ACCESS_DENIED', fix: 'allow it' });
}

/** AWS in a pass. For an unknown service it lists no connection and reports no error. */
function readerOf(now: () => Pass): EndpointServiceReader {
  const isAbsent = (id: string) => now().absent.some((one) => serviceIds[one] === id);
  return {
    listServices: async (ids) => {
      if (now().failing.includes('setup')) refuse();
      return ids
        .filter((id) => !isAbsent(id))
        .map((id) => ({ id, acceptanceRequired: true, zoneIds: ['use1-az1'], zoneNames: [], loadBalancerArns: [] }));
    },
    listConnections: async () => {
      if (now().failing.includes('connections')) refuse();
      const own = now().connections.filter(({ service }) => !isAbsent(serviceIds[service]));
      return own.map((one): ConnectionItem => {
        const about = { serviceId: serviceIds[one.service], endpointId: idOf(one) };
        return one.misfit ? { ...about, state: 'unreadable', misfit: 'no state' } : { ...about, state: one.state };
      });
    },
    listPermissions: async (id) => {
      if (now().failing.includes('permissions')) refuse();
      if (isAbsent(id)) {
        const cause = Object.assign(new Error('none'), { name: 'InvalidVpcEndpointServiceId.NotFound' });
        throw new PrivatelinkError('none', { code: 'AWS', fix: '', cause });
      }
      return now().principals.map((principal) => ({ principal }));
    },
  };
}

function memoryStore(): ContractsStore {
  const kept = new Map<string, Remembered>();
  return {
    read: async (id) => kept.get(id) ?? { goods: {} },
    write: async (id, remembered) => {
      kept.set(id, remembered);
      return {};
    },
  };
}

/** The expected knowledge of an unreadable connection: as before, marked. */
function expectedOf(one: Connected, before: readonly EndpointConnection[]): EndpointConnection {
  const about = { serviceId: serviceIds[one.service], endpointId: idOf(one) };
  if (!one.misfit) return { ...about, state: one.state };
  const last = before.find(({ endpointId }) => endpointId === about.endpointId);
  return { ...(last ?? { ...about, state: 'unreadable' }), misfit: 'no state' };
}

it('a known part of contracts is true, and an unknown part keeps its last answer, for any failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(pass, { minLength: 1, maxLength: 8 }), async (history) => {
      let now: Pass = history[0] as Pass;
      const clock = createFakeClock();
      const store = memoryStore();
      const readZoneIds = async () => new Map<string, string>();
      const readHealth = createHealthReader({
        reader: { listTargets: async () => [] },
        readZoneIds,
        clock,
        asked: 'nobody',
        timeoutMs: 1_000,
      });
      const open = () =>
        createContractsReader(services, {
          readersOf: () => ({ reader: readerOf(() => now), readZoneIds, readHealth }),
          store,
          clock,
          concurrency: 2,
          timeoutMs: 1_000,
        });
      let reader = open();
      const last = new Map<string, unknown>();
      for (now of history) {
        if (now.isRestarted) reader = open();
        clock.advance(1_000);
        const view = await reader.read(signal);
        expect(view.services.map(({ serviceId }) => serviceId)).toEqual(serviceIds);
        for (const [index, state] of view.services.entries()) {
          const isAbsent = now.absent.includes(index as 0 | 1);
          for (const part of parts) {
            const key = `${state.serviceId} ${part}`;
            const own = state[part];
            if (own.status === 'unknown') {
              expect(own.lastGood?.value).toEqual(last.get(key));
              continue;
            }
            const isListed = !isAbsent && !now.failing.includes('setup');
            expect([part, isAbsent && !now.failing.includes('setup')]).toEqual([part, false]);
            if (part === 'connections') {
              const before = (last.get(key) ?? []) as readonly EndpointConnection[];
              const truth = now.connections.filter(({ service }) => service === index);
              const byId = new Map(truth.map((one) => [idOf(one), expectedOf(one, before)]));
              expect(own.value).toEqual([...byId.keys()].sort().map((id) => byId.get(id)));
              expect(truth.length > 0 || isListed).toBe(true);
            }
            if (part === 'permissions')
              expect(own.value).toEqual([...now.principals].sort().map((principal) => ({ principal })));
            last.set(key, own.value);
          }
          // A successful question about a listed service is answered. Only the first empty list
          // after a full one is doubted.
          const isSure = !isAbsent && !now.failing.includes('setup');
          if (isSure) expect(state.setup.status).toBe('known');
          if (isSure && !now.failing.includes('permissions')) expect(state.permissions.status).toBe('known');
          const isFull = now.connections.some(({ service }) => service === index);
          if (isSure && isFull && !now.failing.includes('connections')) expect(state.connections.status).toBe('known');
        }
      }
    }),
    { numRuns: 200 },
  );
});
