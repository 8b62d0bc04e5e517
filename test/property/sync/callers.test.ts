import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Consumer } from '#core/contracts/consumers';
import type { AwsPart, EndpointConnection, ServiceState } from '#core/contracts/model';
import { parseTable, type TableEntry } from '#core/contracts/table';
import type { ScopeState } from '#core/model';
import { isCallers, tablesIn } from '#deck/callers/entity';
import type { HeldEntity } from '#deck/document';
import { type Revision, revisionOf } from '#deck/revision';
import type { PassDependencies, StageMemory } from '#sync/pass/plan-once';
import { planPass } from '#sync/pass/plan-pass';
import type { CallersInput } from '#sync/plan/callers/tables';
import { endpointOf, knownScope, unknownScope } from '../../support/builders';
import { createPasses, defaultPolicy } from '../../support/passes';

const accounts = ['111111111111', '333333333333'] as const;
const services = ['vpce-svc-1', 'vpce-svc-2'] as const;

const connection: fc.Arbitrary<EndpointConnection> = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    state: fc.constantFrom(
      'available',
      'available',
      'available',
      'pending',
      'pendingAcceptance',
      'rejected',
      'deleted',
    ),
    isAnonymous: fc.boolean(),
  })
  .map(({ number, state, isAnonymous }) => ({
    serviceId: services[number % 2] ?? services[0],
    endpointId: `vpce-${number}`,
    account: isAnonymous && number === 6 ? undefined : accounts[number % 3 === 0 ? 1 : 0],
    state,
  }));

const calls = fc.subarray(['sd2', 'sd3', 'egress']);
const mode = fc.constantFrom<'observe' | 'enforce'>('observe', 'enforce');
const isOwn = { requiredKeys: ['accounts' as const, 'calls' as const] };
const consumers: fc.Arbitrary<Readonly<Record<string, Consumer & { mode?: 'observe' | 'enforce' }>>> = fc
  .record({
    sd1: fc.option(fc.record({ accounts: fc.constant([accounts[0]]), calls, mode }, isOwn), { freq: 5 }),
    sd2: fc.option(fc.record({ accounts: fc.constant([accounts[1]]), calls, mode }, isOwn), { freq: 5 }),
    batch: fc.option(fc.record({ endpoints: fc.subarray(['vpce-1', 'vpce-3', 'vpce-6'], { minLength: 1 }), calls }), {
      freq: 1,
    }),
  })
  .map((named) => Object.fromEntries(Object.entries(named).flatMap(([name, one]) => (one ? [[name, one]] : []))));

const round = fc.record({
  consumers,
  mode,
  isAbsent: fc.constantFrom(false, false, false, false, false, true),
  connections: fc.uniqueArray(connection, { selector: ({ endpointId }) => endpointId, maxLength: 6 }),
  away: fc.record({
    'vpce-svc-1': fc.constantFrom('known', 'known', 'lastGood', 'never'),
    'vpce-svc-2': fc.constantFrom('known', 'known', 'lastGood', 'never'),
  }),
  domains: fc.constantFrom('read', 'read', 'away', 'refused', 'tooMany'),
  policy: fc.constantFrom('sync', 'sync', 'upsert-only'),
  pin: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
  /** A rollout keeps the stage at what ran in that round. */
  hold: fc.option(fc.nat(4), { nil: undefined, freq: 3 }),
});
type Round = typeof round extends fc.Arbitrary<infer R> ? R : never;

const history = fc.array(round, { minLength: 2, maxLength: 7 });

/** What a service says now, beside what it said when it was last known. */
function stateOf(serviceId: (typeof services)[number], one: Round, last: AwsPart<readonly EndpointConnection[]>) {
  const value = one.connections.filter((each) => each.serviceId === serviceId);
  const unknown = { status: 'unknown', code: 'THROTTLED', reason: 'throttled' } as const;
  if (one.away[serviceId] === 'known') return { status: 'known', value, observedAtMs: 1_000 } as const;
  const good = last.status === 'known' ? last : last.lastGood;
  return one.away[serviceId] === 'never' || !good ? unknown : { ...unknown, lastGood: good };
}

function serviceOf(serviceId: string, connections: AwsPart<readonly EndpointConnection[]>): ServiceState {
  const unknown = { status: 'unknown', code: 'ACCESS_DENIED', reason: 'denied' } as const;
  const place = { scopeId: `contracts.self.us-east-1.${serviceId}`, account: 'self', region: 'us-east-1' };
  return { serviceId, ...place, connections, permissions: unknown, setup: unknown };
}

const both = ['sd2', 'sd3'].map((domain, index) =>
  endpointOf({ domain, id: `vpce-a${index}`, addresses: [{ ip: `10.0.1.${index + 1}`, region: 'us-east-1' }] }),
);

function scopesOf({ domains }: Round): readonly ScopeState[] {
  const away = unknownScope();
  if (domains === 'away') return [away];
  return domains === 'refused' ? [{ ...away, code: 'ACCESS_DENIED' } as ScopeState] : [knownScope(both)];
}

/** Passes over one control plane, under a contract of their own each. */
function createRounds() {
  const ran: Revision[] = [];
  let pinnedTo: Revision | undefined;
  let heldAt: Revision | undefined;
  let callers: CallersInput | undefined;
  let known = new Map<string, AwsPart<readonly EndpointConnection[]>>();
  const memory: StageMemory = {
    base: [],
    readPin: async () => ({
      warnings: [],
      pinned: pinnedTo && { revision: pinnedTo, isFromAnother: () => true, isByTag: false, controlPlane: plane },
    }),
    readHold: async () =>
      heldAt && {
        pinned: { revision: heldAt, isFromAnother: () => true, isByTag: false, isHold: true, controlPlane: plane },
        newest: heldAt,
        waiting: { kind: 'earlier', reason: 'an earlier stage is on trial' },
      },
    begin: async () => [],
    end: async () => [],
    rendered: async () => [],
  };
  const plan: PassDependencies['plan'] = (snapshot, input) => {
    const planned = planPass(snapshot, { ...input, callers });
    ran.push(revisionOf({ desired: planned.newest, held: input.held, affinity: 'none', base: [] }));
    return planned;
  };
  const { plane, deps, ...passes } = createPasses({ memory, plan, protect: ['sd2'] });
  const pass = (one: Round) => {
    pinnedTo = one.pin === undefined ? undefined : ran[one.pin];
    heldAt = one.hold === undefined ? undefined : ran[one.hold];
    known = new Map(services.map((id) => [id, stateOf(id, one, known.get(id) ?? nothing)]));
    const states = [...known].map(([id, connections]) => serviceOf(id, connections));
    const contracts = { consumers: one.consumers as CallersInput['contracts']['consumers'], mode: one.mode };
    callers = one.isAbsent ? undefined : { contracts, view: { takenAtMs: 1_000, services: states } };
    const mostOfKind = one.domains === 'tooMany' ? 1 : undefined;
    Object.assign(deps, { policy: { ...defaultPolicy, mode: one.policy }, mostOfKind });
    return passes.pass(...scopesOf(one));
  };
  const again = (one: Round) => passes.pass(...scopesOf(one));
  const held = () => [...plane.entities.values()].filter(isCallers);
  return { plane, pass, again, held, known: () => known };
}

const nothing = { status: 'unknown', code: 'UNCONFIRMED', reason: 'not read' } as const;

/** The consumer of an endpoint, computed again in the plainest way. */
function ownerOf({ consumers: named }: Round, { endpointId, account }: Pick<TableEntry, 'endpointId' | 'account'>) {
  const listed = Object.entries(named).filter(([, { endpoints = [] }]) => endpoints.includes(endpointId));
  const owning = Object.entries(named).filter(
    ([, one]) => !one.endpoints && account !== undefined && one.accounts?.includes(account),
  );
  return (listed[0] ?? owning[0])?.[0];
}

const entriesIn = (one: HeldEntity) => parseTable(tablesIn(one).callers) ?? [];
const everybodyIn = (one: HeldEntity) => {
  const { callers, others } = tablesIn(one);
  return [callers, others].flatMap((text) => parseTable(text) ?? []);
};
const named = (one: { readonly endpointId: string }) => one.endpointId;

describe('tables of callers', () => {
  it('fm-85 hold no caller outside the contract and no unconnected caller, after any history', async () => {
    let entries = 0;
    let blind = 0;
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { pass, held, known } = createRounds();
        for (const one of rounds) {
          const before = held().flatMap(everybodyIn).map(named);
          await pass(one);
          if (one.isAbsent) continue;
          for (const entity of held()) {
            const table = entriesIn(entity);
            entries += table.length;
            if (one.domains !== 'read') blind += table.length;
            const foreign = table.filter(
              (entry) =>
                ownerOf(one, entry) !== entry.consumer || !one.consumers[entry.consumer]?.calls.includes(entity.domain),
            );
            expect(foreign).toEqual([]);

            const states = [...known().values()];
            const connections = states.flatMap((part) => (part.status === 'known' ? part.value : []));
            const isConnected = ({ state, endpointId }: EndpointConnection) =>
              state === 'available' || (state === 'pending' && before.includes(endpointId));
            const ended = connections.filter((each) => !isConnected(each)).map(named);
            expect(table.map(named).filter((id) => ended.includes(id))).toEqual([]);
            if (states.every(({ status }) => status === 'known')) {
              const ids = connections.map(named);
              expect(table.map(named).filter((id) => !ids.includes(id))).toEqual([]);
            }
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(entries).toBeGreaterThan(100);
    expect(blind).toBeGreaterThan(20);
  });

  it('hold every connected caller of the contract, and keep callers with an unknown connection', async () => {
    let stayed = 0;
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { pass, held, known } = createRounds();
        for (const one of rounds) {
          const before = new Map(held().map((entity) => [entity.key, entriesIn(entity)]));
          const modified = held().flatMap(everybodyIn).map(named);
          const isModified = ({ state, endpointId }: EndpointConnection) =>
            state === 'pending' && modified.includes(endpointId);
          await pass(one);
          if (one.isAbsent) continue;
          for (const entity of held()) {
            const ids = entriesIn(entity).map(named);
            const mayCall = (entry: Pick<TableEntry, 'endpointId' | 'account'>) =>
              one.consumers[ownerOf(one, entry) ?? '']?.calls.includes(entity.domain) === true;
            const told = [...known().values()].flatMap((part) =>
              part.status === 'known' ? part.value : (part.lastGood?.value ?? []),
            );
            const wanted = told
              .filter((each) => (each.state === 'available' || isModified(each)) && mayCall(each))
              .map(named);
            expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);

            const isUntold = [...known().values()].some((part) => part.status === 'unknown' && !part.lastGood);
            const untold = isUntold ? (before.get(entity.key) ?? []) : [];
            const uncertain = untold.filter((entry) => !told.map(named).includes(entry.endpointId) && mayCall(entry));
            stayed += uncertain.length;
            expect(uncertain.map(named).filter((id) => !ids.includes(id))).toEqual([]);
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(stayed).toBeGreaterThan(10);
  });

  it('need no write in a second pass', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        const { plane, pass, again } = createRounds();
        for (const one of rounds) {
          await pass(one);
          plane.writes.length = 0;
          await again(one);
          expect(plane.writes).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
