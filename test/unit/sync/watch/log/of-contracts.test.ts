import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Report } from '#sync/pass/report';
import { heldIn } from '#sync/watch/log/details';
import { linesOfPass, nothingSaid } from '#sync/watch/log/pass-lines';
import { shortfallsOf } from '#sync/watch/metrics/shortfalls';
import { endpointOf, tenEndpoints } from '../../../../support/builders';
import { accounts, connectionOf, contractsOf, serviceId } from '../../../../support/contracts/builders';
import { createMemoryServices } from '../../../../support/contracts/memory';
import { openWatch } from '../../../../support/watch/memory';

const config = contractsOf({
  accept: 'contracted',
  reject: 'uncontracted',
  consumers: { sd1: { accounts: [accounts.sd1], calls: ['sd2'] } },
});

/** A worker over a service to which SD1 wants to connect. */
function openWorld() {
  const memory = createMemoryServices(config);
  const [service] = memory.all;
  if (!service) throw new Error('no service');
  service.connections.set('vpce-1', connectionOf());
  const watch = openWatch({ contracts: memory.contracts });
  watch.see(...tenEndpoints, endpointOf({ id: 'vpce-e', domain: 'sd2' }));
  let said = nothingSaid;
  /** The log lines of one more pass. */
  const say = async () => {
    await watch.run();
    const report = watch.reports.at(-1) as Report;
    const told = linesOfPass(said, { number: watch.reports.length, report, durationMs: 1 }, watch.clock.monotonicMs());
    said = told.said;
    const lines = told.lines.map(({ message, fields }) => ({ message, ...fields }));
    return { report, lines, said: (message: string) => lines.filter((line) => line.message === message) };
  };
  return { memory, service, ...watch, say, held: () => heldIn(said.conditions).map(({ condition }) => condition.kind) };
}

describe("the worker's log of contracts", () => {
  it('reports each action once, with its reason', async () => {
    const { say } = openWorld();

    const [first, second] = [await say(), await say()];

    expect(first.said('action of contracts done')).toEqual([
      {
        message: 'action of contracts done',
        plan: 1,
        action: 'accept',
        service: serviceId,
        endpoint: 'vpce-1',
        account: accounts.sd1,
        consumer: 'sd1',
        reason: 'sd1 may call sd2',
      },
    ]);
    expect(first.said('pass ended')).toMatchObject([{ acted: 1 }]);
    expect(second.said('action of contracts done')).toEqual([]);
  });

  it('reports a failed action when the failure begins, and when it ends', async () => {
    const { memory, say, held } = openWorld();
    const code = 'ACCESS_DENIED';
    memory.failWith = () => new PrivatelinkError('denied', { code, fix: undefined });

    const [first, second] = [await say(), await say()];
    const whileFailing = held();
    memory.failWith = () => undefined;
    const third = await say();

    expect(first.said('action of contracts failed')).toMatchObject([{ code, reason: 'denied', endpoint: 'vpce-1' }]);
    expect(second.said('action of contracts failed')).toEqual([]);
    expect(whileFailing).toContain('action');
    expect(third.said('action of contracts no longer fails')).toHaveLength(1);
    expect(shortfallsOf(first.report, 0)).toEqual(['changes_failed']);
    expect(shortfallsOf(third.report, 0)).toEqual([]);
  });

  it('reports an unknown part, and keeps the findings of its service until the part is known', async () => {
    const { service, say, held } = openWorld();
    service.connections.set('vpce-2', connectionOf({ endpointId: 'vpce-2', account: undefined, state: 'available' }));
    const first = await say();
    service.unknown.add('connections');
    const second = await say();
    const whileUnknown = held();
    service.unknown.clear();
    service.connections.delete('vpce-2');
    const third = await say();

    expect(first.said('contract finding')).toMatchObject([
      { code: 'pending-contracted' },
      { code: 'accepted-uncontracted' },
    ]);
    expect(second.said('service unknown')).toMatchObject([
      { service: serviceId, part: 'connections', code: 'THROTTLED' },
    ]);
    expect(second.said('contract finding no longer holds')).toEqual([]);
    expect(whileUnknown).toEqual(expect.arrayContaining(['service', 'finding']));
    expect(shortfallsOf(second.report, 0)).toEqual(['scopes_unknown']);
    expect(third.lines.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['service known again', 'contract finding no longer holds']),
    );
  });

  it('reports the actions that the brake withholds', async () => {
    const { service, say } = openWorld();
    for (let index = 0; index < 10; index += 1) {
      const endpointId = `vpce-a${index}`;
      service.connections.set(endpointId, connectionOf({ endpointId, account: accounts.other, state: 'available' }));
    }

    const { said, report } = await say();

    expect(said('removals withheld')).toMatchObject([{ removals: 10 }]);
    expect(shortfallsOf(report, 0)).toEqual(['withheld']);
  });
});

describe("the worker's metrics of contracts", () => {
  it('count connections by state and contract, findings by code, and actions', async () => {
    const { metric, service, say } = openWorld();
    service.connections.set('vpce-2', connectionOf({ endpointId: 'vpce-2', account: undefined, state: 'available' }));

    await say();
    const connections = (state: string, contracted: string) =>
      metric('contract_connections', { service: serviceId, state, contracted });

    expect([connections('pendingAcceptance', 'yes'), connections('available', 'no')]).toEqual([1, 1]);
    expect(metric('contract_findings', { code: 'accepted-uncontracted' })).toBe(1);
    expect(metric('contract_actions_total', { action: 'accept', outcome: 'applied' })).toBe(1);

    await say();

    expect([connections('pendingAcceptance', 'yes'), connections('available', 'yes')]).toEqual([0, 1]);
  });

  it('do not exist without contracts', async () => {
    const { run, metrics } = openWatch();

    await run();

    const names = Object.entries(metrics.samples()).filter(([, series]) => Object.keys(series).length > 0);
    expect(names.map(([name]) => name).filter((name) => name.includes('contract'))).toEqual([]);
  });
});
