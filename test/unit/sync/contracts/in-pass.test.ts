import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { exitCodeOfSync, exitCodeOfUncertain } from '#sync/cli/exit-codes';
import { onlyRead } from '#sync/contracts/open';
import type { PassDependencies } from '#sync/pass/plan-once';
import { planPass } from '#sync/pass/plan-pass';
import { formatReport } from '#sync/pass/report-text';
import { planApproved } from '#sync/pass/run-once';
import { endpointOf, hubScope, knownScope, unknownScope } from '../../../support/builders';
import { accounts, connectionOf, contractsOf, serviceId } from '../../../support/contracts/builders';
import { createMemoryServices, type MemoryServices } from '../../../support/contracts/memory';
import { createPasses } from '../../../support/passes';

const signal = new AbortController().signal;
const all = contractsOf({ accept: 'contracted', reject: 'uncontracted', permissions: 'manage' });
const scopes = knownScope(
  ['sd1', 'sd2', 'egress'].map((domain, index) => endpointOf({ id: `vpce-e${index}`, domain })),
);
const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };

/** A service to which SD1 and a stranger want to connect, and which allows `*`. */
function createWorld(over: Partial<PassDependencies> = {}, config = all) {
  const memory = createMemoryServices(config);
  const [service] = memory.all;
  if (!service) throw new Error('no service');
  service.connections.set('vpce-1', connectionOf());
  service.connections.set('vpce-2', connectionOf({ endpointId: 'vpce-2', account: accounts.other }));
  service.principals.add('*');
  return { memory, service, ...createPasses({ contracts: memory.contracts, ...over }) };
}

function verbsOf({ calls }: MemoryServices): readonly string[] {
  return calls.map((call) => call.split(' ')[0] ?? '');
}

describe('a pass with contracts', () => {
  it('does its actions after the write to the control plane, and none in the next pass', async () => {
    const { memory, pass, plane } = createWorld();
    const writtenBefore: number[] = [];
    memory.failWith = () => {
      writtenBefore.push(plane.writes.length);
      return undefined;
    };

    const report = await pass(scopes);
    const writes = plane.writes.length;
    const second = await pass(scopes);

    expect(verbsOf(memory)).toEqual(['allow', 'accept', 'reject', 'disallow']);
    expect(writes).toBeGreaterThan(0);
    expect(writtenBefore).toEqual(Array(4).fill(writes));
    expect(report.contracts?.applied?.map(({ outcome }) => outcome)).toEqual(Array(5).fill('applied'));
    expect(second.contracts).toMatchObject({ actions: [] });
    expect(second.contracts?.applied).toBeUndefined();
    expect([exitCodeOfSync(report), exitCodeOfSync(second)]).toEqual([0, 0]);
  });

  it('reports each connection with its consumer and its calls, and how each part is known', async () => {
    const { service, pass } = createWorld({}, contractsOf());
    service.unknown.add('permissions');

    const { contracts } = await pass(scopes);

    expect(contracts).toMatchObject({
      services: [
        {
          id: serviceId,
          region: 'us-east-1',
          parts: {
            connections: { status: 'known', ageMs: 0 },
            permissions: { status: 'unknown', ageMs: 600, code: 'THROTTLED', reason: 'throttled' },
          },
        },
      ],
      connections: [
        { endpointId: 'vpce-1', consumer: 'sd1', account: accounts.sd1, mayCall: ['sd2'], sinceMs: 500 },
        { endpointId: 'vpce-2', account: accounts.other, mayCall: [] },
      ],
      actions: [],
    });
    expect(contracts?.findings.map(({ code }) => code)).toContain('pending-contracted');
  });

  it('rejects no endpoint that the gateway uses to reach a domain', async () => {
    const { memory, pass } = createWorld();
    const own = endpointOf({ id: 'vpce-2' });

    await pass(knownScope([own]));
    // The endpoint is not listed any more, and the control plane still holds its target.
    await pass(knownScope([]));

    expect(memory.calls.filter((call) => call.startsWith('reject'))).toEqual([]);
  });

  it('accepts no connection in a pass that could not write the callers plugin', async () => {
    const { memory, plane, pass } = createWorld();
    plane.failWith = ({ key }) =>
      key.endsWith('|privatelink-callers')
        ? new PrivatelinkError('unknown plugin', { code: 'REJECTED', fix: 'install it' })
        : undefined;

    const report = await pass(scopes);
    const accepts = report.contracts?.applied?.filter(({ action }) => action.action === 'accept');
    plane.failWith = () => undefined;
    await pass(scopes);

    expect(accepts).toEqual([expect.objectContaining({ outcome: 'skipped', isTransient: true })]);
    expect(exitCodeOfSync(report)).toBe(4);
    expect(verbsOf(memory).filter((verb) => verb === 'accept')).toHaveLength(1);
  });

  it('names a connection whose discovered endpoint is in no zone of the service', async () => {
    const { service, pass } = createWorld({}, contractsOf());
    service.connections.set('vpce-3', connectionOf({ endpointId: 'vpce-3', state: 'available' }));
    const addresses = [{ ip: '10.0.9.1', region: 'us-east-1', zoneId: 'use1-az9' }];

    const { contracts } = await pass(knownScope([endpointOf({ id: 'vpce-3', addresses })]));

    expect(contracts?.findings).toContainEqual(expect.objectContaining({ code: 'zones-apart', endpointId: 'vpce-3' }));
  });

  it('does nothing where AWS refuses every scope', async () => {
    const { memory, pass } = createWorld();
    const refused = { ...unknownScope([], hubScope), code: 'ACCESS_DENIED' };

    const report = await pass(refused);

    expect(memory.calls).toEqual([]);
    expect(report.contracts?.actions).toHaveLength(5);
    expect(exitCodeOfSync(report)).toBe(1);
  });

  it('does nothing where policy refuses the plan', async () => {
    const { memory, pass } = createWorld({ mostOfKind: 0 });

    const report = await pass(scopes);

    expect(report.refused).toBeDefined();
    expect(memory.calls).toEqual([]);
  });

  it('writes nothing when it only plans', async () => {
    const { memory, deps } = createWorld();

    const { report } = await planApproved(deps, signal);

    expect(report.contracts?.actions).toHaveLength(5);
    expect(memory.calls).toEqual([]);
  });

  it('plans and reports nothing for a control plane without actions, and reads for its tables', async () => {
    const seen: unknown[] = [];
    const { memory } = createWorld();
    const plan: typeof planPass = (snapshot, input) => {
      seen.push(input.callers?.view);
      return planPass(snapshot, input);
    };
    const { pass } = createPasses({ contracts: onlyRead(memory.contracts), plan });

    const report = await pass(scopes);

    expect(seen).toEqual([await memory.contracts.read(signal)]);
    expect(report.contracts).toBeUndefined();
    expect(memory.calls).toEqual([]);
  });

  it('reads and reports nothing without the block', async () => {
    const { pass } = createPasses();

    const report = await pass(scopes);

    expect(report.contracts).toBeUndefined();
    expect(JSON.stringify(report)).not.toContain('contracts');
  });

  it('passes on the warnings of the reader', async () => {
    const { memory } = createWorld();
    const read = async () => ({
      ...(await memory.contracts.read(signal)),
      warnings: ['last good of services is lost'],
    });
    const { pass } = createPasses({ contracts: { ...memory.contracts, read } });

    expect((await pass(scopes)).warnings).toContain('last good of services is lost');
  });

  it('ends with 4 when AWS does not do a part, and quotes AWS', async () => {
    const { memory, pass } = createWorld();
    memory.refuse = (subject) => (subject === 'vpce-1' ? 'InvalidState: it is failed' : undefined);

    const report = await pass(scopes);

    expect(exitCodeOfSync(report)).toBe(4);
    const text = formatReport(report, terminal);
    expect(text).toContain(`failed accept vpce-1 at ${serviceId}: InvalidState: it is failed\n`);
    expect(text).toContain('4 of 5 actions of contracts done\n');
  });

  it('ends with 4 when AWS denies one call, and makes the other calls', async () => {
    const { memory, pass } = createWorld();
    const code = 'ACCESS_DENIED';
    memory.failWith = ({ action }) =>
      action === 'reject' ? new PrivatelinkError('denied', { code, fix: undefined }) : undefined;

    const report = await pass(scopes);

    expect(verbsOf(memory)).toEqual(['allow', 'accept', 'reject', 'disallow']);
    expect(exitCodeOfSync(report)).toBe(4);
  });

  it('ends with 3 when the brake withholds actions, and does the others', async () => {
    const { memory, service, pass } = createWorld();
    for (let index = 0; index < 10; index += 1) {
      const endpointId = `vpce-a${index}`;
      service.connections.set(endpointId, connectionOf({ endpointId, account: accounts.other, state: 'available' }));
    }

    const report = await pass(scopes);

    expect(exitCodeOfSync(report)).toBe(3);
    expect(memory.calls).toContain(`reject vpce-2 at ${serviceId}`);
    expect(formatReport(report, terminal)).toContain(`withheld reject at ${serviceId}: vpce-a0 vpce-a1`);
  });

  it('ends with 5 under --strict when a part is unknown, and shows the used last good', async () => {
    const { service, pass } = createWorld();
    service.unknown.add('connections');

    const report = await pass(scopes);

    expect([exitCodeOfUncertain(report, { strict: true }), exitCodeOfUncertain(report, {})]).toEqual([5, 0]);
    expect(formatReport(report, terminal)).toContain(
      `unknown connections of ${serviceId}: throttled (the answer from 1 s ago is used; nothing is accepted, rejected, allowed or disallowed on unknown data)`,
    );
  });

  it('groups the unknown parts of a service by reason', async () => {
    const { service, pass } = createWorld();
    service.unknown.add('connections').add('permissions');

    const report = await pass(scopes);

    expect(formatReport(report, terminal)).toContain(`unknown connections, permissions of ${serviceId}: throttled (`);
  });

  it('shows the actions as a table, without the findings that they solve', async () => {
    const { deps } = createWorld();

    const text = formatReport((await planApproved(deps, signal)).report, terminal);

    expect(text).toContain(`${serviceId}\n  ACTION    WHAT`);
    expect(text).toMatch(/ {2}accept {4}vpce-1 +sd1 \(111111111111\) +sd1 may call sd2\n/);
    expect(text).toMatch(/ {2}reject {4}vpce-2 +444444444444 +account 444444444444 is in no consumer of contracts\n/);
    expect(text).not.toContain('finding vpce-1');
  });
});

describe('an approved plan', () => {
  async function approvedOf(over: Partial<PassDependencies> = {}) {
    const world = createWorld(over);
    const { changes, contracts } = (await planApproved(world.deps, signal)).report;
    return { ...world, approved: { changes, contracts: contracts?.actions } };
  }

  it('does the approved actions', async () => {
    const { memory, deps, approved } = await approvedOf();

    const report = await createPasses({ ...deps, approved }).pass(scopes);

    expect(verbsOf(memory)).toEqual(['allow', 'accept', 'reject', 'disallow']);
    expect(report.contracts).toMatchObject({ leftOut: [], unnecessary: [] });
  });

  it('leaves out later actions, and reports them', async () => {
    const { memory, service, deps, approved } = await approvedOf();
    service.connections.set('vpce-3', connectionOf({ endpointId: 'vpce-3', account: accounts.sd2 }));

    const report = await createPasses({ ...deps, approved }).pass(scopes);

    expect(memory.calls.join()).not.toContain('vpce-3');
    expect(report.contracts?.leftOut).toMatchObject([
      { action: { action: 'accept', endpointId: 'vpce-3' }, error: 'it is not in the approved plan' },
    ]);
    expect(formatReport(report, terminal)).toContain(
      `left out accept vpce-3 at ${serviceId}: it is not in the approved plan\n`,
    );
    expect(exitCodeOfSync(report)).toBe(0);
  });

  it('reports actions that are not needed any more, or not right', async () => {
    const { memory, service, deps, approved } = await approvedOf();
    service.connections.set('vpce-1', connectionOf({ state: 'available' }));
    service.connections.set('vpce-2', connectionOf({ endpointId: 'vpce-2', account: accounts.sd2 }));

    const report = await createPasses({ ...deps, approved }).pass(scopes);

    expect(verbsOf(memory)).toEqual(['allow', 'disallow']);
    expect(report.contracts?.unnecessary).toMatchObject([
      { action: 'accept', endpointId: 'vpce-1' },
      { action: 'reject', endpointId: 'vpce-2' },
    ]);
    expect(formatReport(report, terminal)).toContain(
      `not done accept vpce-1 at ${serviceId}: not needed any more, or outdated`,
    );
  });

  it('does not accept for one consumer a connection that was approved for another', async () => {
    const { memory, deps, approved } = await approvedOf();
    const config = contractsOf({
      accept: 'contracted',
      consumers: { renamed: { accounts: [accounts.sd1], calls: ['sd1', 'sd2', 'egress'] } },
    });

    const report = await createPasses({ ...deps, contracts: { ...memory.contracts, config }, approved }).pass(scopes);

    expect(memory.calls).toEqual([]);
    expect(report.contracts?.leftOut).toMatchObject([{ action: { consumer: 'renamed' } }]);
  });

  it('without actions approves no action', async () => {
    const { memory, deps, approved } = await approvedOf();

    const report = await createPasses({ ...deps, approved: { changes: approved.changes } }).pass(scopes);

    expect(memory.calls).toEqual([]);
    expect(report.contracts?.leftOut).toHaveLength(5);
  });
});

describe('unknown domains', () => {
  it('are reported once for all consumers that call them', async () => {
    const consumers = {
      sd1: { accounts: [accounts.sd1], calls: ['sd2', 'egres'] },
      sd2: { accounts: [accounts.sd2], calls: ['egres', 'sd1'] },
    };
    const { pass } = createWorld({}, contractsOf({ consumers }));

    const { warnings } = await pass(scopes);

    expect(warnings).toEqual([
      'contracts.consumers.sd1.calls, contracts.consumers.sd2.calls: egres: no endpoint that can be used claims this domain; correct the name, or give the domain an endpoint',
    ]);
  });

  it('are known if a provider names them as its own', async () => {
    const config = contractsOf({
      services: [{ id: serviceId, region: 'us-east-1', domains: ['billing'] }],
      consumers: { sd1: { accounts: [accounts.sd1], calls: ['billing'] } },
    });
    const { pass } = createWorld({}, config);

    expect((await pass(scopes)).warnings).toEqual([]);
  });

  it('are not reported while a scope is unknown', async () => {
    const { pass } = createWorld({}, contractsOf());

    expect((await pass(unknownScope())).warnings).toEqual([]);
  });
});
