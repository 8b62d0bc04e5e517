import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { ContractAction } from '#sync/contracts/actions';
import { applyActions } from '#sync/contracts/apply';
import { connectionOf, contractsOf, rootOf, scopeId, serviceId } from '../../../support/contracts/builders';
import { createMemoryServices } from '../../../support/contracts/memory';

const signal = new AbortController().signal;

function actionOf(
  action: ContractAction['action'],
  subject: string,
  over: Partial<ContractAction> = {},
): ContractAction {
  const about = subject.startsWith('vpce-') ? { endpointId: subject } : { principal: subject };
  return { action, serviceId, scopeId, ...about, reason: 'because', ...over };
}

function failure(code: 'ACCESS_DENIED' | 'THROTTLED'): PrivatelinkError {
  return new PrivatelinkError(`${code} by AWS`, { code, fix: undefined });
}

function createWorld(ids: readonly string[] = ['vpce-1', 'vpce-2']) {
  const memory = createMemoryServices(contractsOf(), [{}, { serviceId: 'vpce-svc-0b2' }]);
  for (const { connections } of memory.all)
    for (const endpointId of ids) connections.set(endpointId, connectionOf({ endpointId }));
  return memory;
}

function told(results: Awaited<ReturnType<typeof applyActions>>): readonly string[] {
  return results.map(({ action, outcome, error }) =>
    [outcome, action.action, action.endpointId ?? action.principal, error]
      .filter((part) => part !== undefined)
      .join(' '),
  );
}

describe('applyActions', () => {
  it('names at most ten endpoints in a call', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => `vpce-${index}`);
    const { calls, contracts } = createWorld(ids);

    const results = await applyActions(
      ids.map((id) => actionOf('accept', id)),
      { ...contracts, signal },
    );

    expect(calls.map((call) => call.match(/vpce-\d+/g)?.length)).toEqual([10, 2]);
    expect(results.map(({ outcome }) => outcome)).toEqual(Array(12).fill('applied'));
  });

  it('makes at most twenty calls of a verb over all services, so that the next pass need not wait', async () => {
    const ids = Array.from({ length: 150 }, (_, index) => `vpce-${index}`);
    const { calls, contracts } = createWorld([...ids, 'vpce-a']);
    const other = { serviceId: 'vpce-svc-0b2' };
    const accepted = ids.flatMap((id) => [actionOf('accept', id), actionOf('accept', id, other)]);

    const results = await applyActions([...accepted, actionOf('reject', 'vpce-a')], { ...contracts, signal });

    const left = results.filter(({ outcome }) => outcome === 'skipped');
    expect(calls.map((call) => call.split(' ')[0])).toEqual([...Array(20).fill('accept'), 'reject']);
    expect([left.length, results.filter(({ outcome }) => outcome === 'applied').length]).toEqual([100, 201]);
    expect(left[0]).toMatchObject({
      error: 'AWS grants one call a second, and this pass made 20 calls; the next pass continues',
      isTransient: true,
    });
  });

  it('runs verb after verb over all services, whatever the order of the actions', async () => {
    const { calls, contracts } = createWorld();
    const other = { serviceId: 'vpce-svc-0b2' };
    const actions = [
      actionOf('disallow', '*'),
      actionOf('reject', 'vpce-2'),
      actionOf('accept', 'vpce-1', other),
      actionOf('allow', rootOf('111111111111')),
    ];

    await applyActions(actions, { ...contracts, signal });

    expect(calls.map((call) => call.split(' ')[0])).toEqual(['allow', 'accept', 'reject', 'disallow']);
  });

  it("reports an endpoint that AWS leaves out in AWS's words, and no other", async () => {
    const memory = createWorld();
    memory.refuse = (id) => (id === 'vpce-2' ? 'InvalidState: it is failed' : undefined);

    const results = await applyActions([actionOf('accept', 'vpce-1'), actionOf('accept', 'vpce-2')], {
      ...memory.contracts,
      signal,
    });

    expect(told(results)).toEqual(['applied accept vpce-1', 'failed accept vpce-2 InvalidState: it is failed']);
  });

  it('goes on with the other verbs where AWS denies one', async () => {
    const memory = createWorld();
    memory.failWith = ({ action }) => (action === 'accept' ? failure('ACCESS_DENIED') : undefined);

    const results = await applyActions([actionOf('accept', 'vpce-1'), actionOf('reject', 'vpce-2')], {
      ...memory.contracts,
      signal,
    });

    expect(results).toMatchObject([
      { outcome: 'failed', error: 'ACCESS_DENIED by AWS', code: 'ACCESS_DENIED', isTransient: false },
      { outcome: 'applied' },
    ]);
  });

  it('stops calling a service that throttles, and goes on with the other service', async () => {
    const memory = createWorld();
    memory.failWith = (call) => (call.serviceId === serviceId ? failure('THROTTLED') : undefined);

    const results = await applyActions(
      [
        actionOf('accept', 'vpce-1'),
        actionOf('reject', 'vpce-2'),
        actionOf('reject', 'vpce-2', { serviceId: 'vpce-svc-0b2' }),
      ],
      { ...memory.contracts, signal },
    );

    expect(told(results)).toEqual([
      'failed accept vpce-1 THROTTLED by AWS',
      'skipped reject vpce-2 THROTTLED by AWS',
      'applied reject vpce-2',
    ]);
  });

  it('removes no principal when another could not be allowed first', async () => {
    const memory = createWorld();
    memory.failWith = ({ action }) => (action === 'allow' ? failure('ACCESS_DENIED') : undefined);

    const results = await applyActions([actionOf('allow', rootOf('111111111111')), actionOf('disallow', '*')], {
      ...memory.contracts,
      signal,
    });

    expect(told(results)[1]).toBe('skipped disallow * principals must be allowed first, and some could not be');
    expect(memory.calls).toHaveLength(1);
  });

  it('makes no call when another process is the writer', async () => {
    const { calls, contracts } = createWorld();
    const mayWrite = () => {
      throw new PrivatelinkError('another process writes', { code: 'OTHER_WRITER', fix: undefined });
    };

    const results = await applyActions([actionOf('accept', 'vpce-1')], { ...contracts, signal, mayWrite });

    expect(calls).toEqual([]);
    expect(results).toMatchObject([{ outcome: 'failed', code: 'OTHER_WRITER', isTransient: true }]);
  });

  it('makes no call after a stop, and reports that for each action', async () => {
    const own = new AbortController();
    const memory = createWorld();
    memory.failWith = () => {
      own.abort(new Error('stopped'));
      return undefined;
    };

    const results = await applyActions([actionOf('accept', 'vpce-1'), actionOf('reject', 'vpce-2')], {
      ...memory.contracts,
      signal: own.signal,
    });

    expect(told(results)).toEqual(['applied accept vpce-1', 'skipped reject vpce-2 stopped']);
  });
});
