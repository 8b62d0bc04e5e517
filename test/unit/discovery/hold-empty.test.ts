import { describe, expect, it } from '@jest/globals';
import type { Quarantined } from '#core/model';
import { createTimeline } from '#core/timing/clock';
import { holdEmpty } from '#discovery/hold-empty';
import type { Answer } from '#discovery/source';
import { endpointOf, hubScope } from '../../support/builders';
import { createFakeClock } from '../../support/passes';

const quarantined: Quarantined = {
  endpointId: 'vpce-1',
  scopeId: hubScope.id,
  code: 'bad-tag',
  reason: 'is bad',
  fix: 'mend it',
};
const answers: Readonly<Record<string, Answer | Error>> = {
  full: { endpoints: [endpointOf()], quarantined: [] },
  quarantined: { endpoints: [], quarantined: [quarantined] },
  empty: { endpoints: [], quarantined: [] },
  'empty at 1': { endpoints: [], quarantined: [], observedAtMs: 1 },
  'empty at 2': { endpoints: [], quarantined: [], observedAtMs: 2 },
  error: new Error('slow down'),
};

/**
 * The result of a held scope in each pass: the number of endpoints, or the error's code or message.
 */
async function outcomesOf(sequence: readonly string[]) {
  const left = sequence.map((name) => answers[name]);
  const reader = holdEmpty(
    {
      scope: hubScope,
      discover: async () => {
        const answer = left.shift();
        if (!answer || answer instanceof Error) throw answer;
        return answer;
      },
    },
    createFakeClock(),
  );
  const outcomes: unknown[] = [];
  for (const _ of sequence) {
    outcomes.push(
      await reader.discover(new AbortController().signal).then(
        ({ endpoints, quarantined: refused }) => endpoints.length + refused.length,
        (thrown) => thrown.code ?? thrown.message,
      ),
    );
  }
  return outcomes;
}

describe('holdEmpty', () => {
  it.each([
    ['fm-04 believes an empty scope that was never full', ['empty', 'empty'], [0, 0]],
    ['fm-01 doubts the first empty answer, and believes the second', ['full', 'empty', 'empty'], [1, 'UNCONFIRMED', 0]],
    ['takes a scope with only quarantined endpoints for full', ['quarantined', 'empty'], [1, 'UNCONFIRMED']],
    [
      'fm-01 doubts again once the scope was full again',
      ['full', 'empty', 'full', 'empty'],
      [1, 'UNCONFIRMED', 1, 'UNCONFIRMED'],
    ],
    [
      'fm-02 does not take an error for an answer',
      ['full', 'error', 'empty', 'error', 'empty'],
      [1, 'slow down', 'UNCONFIRMED', 'slow down', 0],
    ],
    [
      'fm-01 doubts one empty answer however often it is read, and believes the next answer',
      ['full', 'empty at 1', 'empty at 1', 'error', 'empty at 1', 'empty at 2', 'empty at 2'],
      [1, 'UNCONFIRMED', 'UNCONFIRMED', 'slow down', 'UNCONFIRMED', 0, 0],
    ],
  ])('%s', async (_, sequence, expected) => {
    expect(await outcomesOf(sequence)).toEqual(expected);
  });

  it.each([-6, 6])('fm-41 goes on doubting one empty answer when the clock is set by %i h', async (hours) => {
    const clock = createFakeClock(1_800_000_000_000);
    const taken = createTimeline(clock);
    const takenMs = clock.monotonicMs();
    let endpoints = [endpointOf()];
    const reader = holdEmpty(
      {
        scope: hubScope,
        discover: async () => {
          taken.follow();
          return { endpoints, quarantined: [], observedAtMs: taken.wallOf(takenMs) };
        },
      },
      clock,
    );
    const isBelieved = () =>
      reader.discover(new AbortController().signal).then(
        () => true,
        () => false,
      );
    const full = await isBelieved();
    endpoints = [];
    const first = await isBelieved();
    clock.step(hours * 3_600_000);

    expect([full, first, await isBelieved(), await isBelieved()]).toEqual([true, false, false, false]);
  });
});
