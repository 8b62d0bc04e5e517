import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCallBudget } from '#discovery/aws/call-budget';

const kind = { account: 'self', region: 'us-east-1', action: 'DescribeVpcEndpoints' };
const signal = new AbortController().signal;

/** Milliseconds between one request for a call and the next: bursts, steady calls, pauses. */
const schedule = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 }), fc.nat(20_000)), {
  maxLength: 120,
});

/** Waits are whole milliseconds, as timers are. */
const clockTickMs = 1;

/** When each call of the schedule is made. */
async function timesOf(gaps: readonly number[], limits: { readonly burst: number; readonly perSecond: number }) {
  const times: number[] = [];
  let nowMs = 0;
  let waitMs = 0;
  const sleep = async (ms: number) => {
    waitMs = ms;
  };
  const budget = createCallBudget({ clock: { now: () => 0, monotonicMs: () => nowMs, sleep }, ...limits });
  for (const gap of gaps) {
    nowMs += gap;
    waitMs = 0;
    await budget.take(kind, signal);
    times.push(nowMs + waitMs);
  }
  return times;
}

describe('the budget of AWS calls', () => {
  it('fm-08 is never exceeded over any stretch of time, for any schedule', async () => {
    const limits = fc.record({ burst: fc.integer({ min: 1, max: 60 }), perSecond: fc.integer({ min: 1, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(schedule, limits, async (gaps, { burst, perSecond }) => {
        const times = await timesOf(gaps, { burst, perSecond });

        const excess = times.flatMap((from, first) =>
          times.slice(first).map((to, index) => index + 1 - burst - ((to - from + clockTickMs) * perSecond) / 1_000),
        );
        expect(Math.max(0, ...excess)).toBeCloseTo(0);
      }),
    );
  });

  it('never delays a caller that stays below it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 100, max: 5_000 })), async (gaps) => {
        let nowMs = 0;
        const asked = gaps.map((gap) => {
          nowMs += gap;
          return nowMs;
        });

        expect(await timesOf(gaps, { burst: 1, perSecond: 10 })).toEqual(asked);
      }),
    );
  });
});
