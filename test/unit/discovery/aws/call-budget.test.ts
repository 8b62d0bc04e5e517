import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createCallBudget } from '#discovery/aws/call-budget';
import { createFakeClock } from '../../../support/passes';

const kind = { account: '111111111111', region: 'us-east-1', action: 'DescribeVpcEndpoints' };
const signal = new AbortController().signal;

/** A budget whose clock stands still while calls wait. `waits` are the lengths of their sleeps. */
function createBudget() {
  const waits: number[] = [];
  const time = { nowMs: 1_000 };
  const sleep = async (ms: number) => {
    waits.push(ms);
  };
  return { waits, time, budget: createCallBudget({ clock: { now: () => 0, monotonicMs: () => time.nowMs, sleep } }) };
}

async function takeMany(budget: ReturnType<typeof createBudget>['budget'], count: number, of = kind): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => budget.take(of, signal)));
}

describe('a call budget', () => {
  it('fm-08 passes 50 calls at once, and then ten per second', async () => {
    const { waits, budget } = createBudget();

    await takeMany(budget, 53);

    expect(waits).toEqual([100, 200, 300]);
  });

  it('fills up again with time, to at most 50', async () => {
    const { waits, time, budget } = createBudget();
    await takeMany(budget, 50);
    time.nowMs += 3_600_000;

    await takeMany(budget, 51);

    expect(waits).toEqual([100]);
  });

  it.each([
    ['account', { ...kind, account: '222222222222' }],
    ['region', { ...kind, region: 'us-west-2' }],
    ['action', { ...kind, action: 'DescribeNetworkInterfaces' }],
  ])('counts each %s separately', async (_, other) => {
    const { waits, budget } = createBudget();
    await takeMany(budget, 50);

    await takeMany(budget, 50, other);

    expect(waits).toEqual([]);
  });

  it.each([-6, 6])('fm-41 measures elapsed time, even if the clock is set by %i h', async (hours) => {
    const clock = createFakeClock();
    const budget = createCallBudget({ clock });
    await takeMany(budget, 50);
    clock.step(hours * 3_600_000);

    await takeMany(budget, 1);

    expect(clock.monotonicMs()).toBe(100);
  });

  it('ends a wait with the reason of its signal', async () => {
    const sleep = async (ms: number, stop: AbortSignal) => {
      await wait(ms, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
    };
    const budget = createCallBudget({
      clock: { now: () => 0, monotonicMs: () => 0, sleep },
      burst: 1,
      perSecond: 0.001,
    });
    const controller = new AbortController();
    await budget.take(kind, controller.signal);
    const waiting = budget.take(kind, controller.signal);

    controller.abort(new Error('stopped'));

    await expect(waiting).rejects.toThrow('stopped');
  });

  it('takes nothing for a call that is already aborted', async () => {
    const { waits, budget } = createBudget();
    const stopped = budget.take(kind, AbortSignal.abort(new Error('stopped')));

    await expect(stopped).rejects.toThrow('stopped');
    await takeMany(budget, 50);

    expect(waits).toEqual([]);
  });
});
