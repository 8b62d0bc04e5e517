import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextTurn, nextTurnAmong, queueAll, type Turns, turnsOf } from '#data-plane/reach/turns';

const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });

function taken(turns: Turns, count: number, next: (turns: Turns) => number = nextTurn): number[] {
  const shares = Array.from(turns.weights, () => 0);
  for (let turn = 0; turn < count; turn += 1) {
    const index = next(turns);
    shares[index] = (shares[index] ?? 0) + 1;
  }
  return shares;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('turns', () => {
  it('picks each index exactly by its weight in every round', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 5 }), (drawn, rounds) => {
        const turns = turnsOf(Float64Array.from(drawn));

        for (let round = 0; round < rounds; round += 1) expect(taken(turns, sumOf(drawn))).toEqual(drawn);
      }),
    );
  });

  it('never makes an index wait for more than two of its shares', () => {
    fc.assert(
      fc.property(weights, (drawn) => {
        const turns = turnsOf(Float64Array.from(drawn));
        const total = sumOf(drawn);
        const last = drawn.map(() => 0);
        const waits = drawn.map(() => 0);
        for (let turn = 1; turn <= 3 * total; turn += 1) {
          const index = nextTurn(turns);
          waits[index] = Math.max(waits[index] ?? 0, turn - (last[index] ?? 0));
          last[index] = turn;
        }

        for (const [index, wait] of waits.entries())
          expect(wait).toBeLessThanOrEqual((2 * total) / (drawn[index] ?? 1) + drawn.length);
      }),
    );
  });

  it('picks equal turns whether it looks at the first index or at all', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), (drawn, looksAtAll) => {
        const one = turnsOf(Float64Array.from(drawn));
        const other = turnsOf(Float64Array.from(drawn));

        const mixed = looksAtAll.map((isAll) => (isAll ? nextTurnAmong(one, () => true) : nextTurn(one)));

        expect(mixed).toEqual(looksAtAll.map(() => nextTurn(other)));
      }),
    );
  });

  it('takes turns among the participants only, and afterwards by weight again', () => {
    fc.assert(
      fc.property(weights, fc.array(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 })), (drawn, phases) => {
        const turns = turnsOf(Float64Array.from(drawn));
        for (const isIn of phases) {
          queueAll(turns, (index) => isIn[index] === true);
          const shares = taken(turns, 50, (of) => Math.max(nextTurn(of), 0));
          const isAnyIn = drawn.some((_, index) => isIn[index]);
          if (isAnyIn) for (const [index, share] of shares.entries()) if (!isIn[index]) expect(share).toBe(0);
        }
        queueAll(turns, () => true);

        // A returning index is at most one turn of its own ahead or behind.
        for (const [index, share] of taken(turns, sumOf(drawn)).entries())
          expect(Math.abs(share - (drawn[index] ?? 0))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('gives a returning index no burst', () => {
    const turns = turnsOf(Float64Array.from([1, 1, 1]));
    queueAll(turns, (index) => index !== 0);
    taken(turns, 1_000);
    queueAll(turns, () => true);

    expect(taken(turns, 30)).toEqual([10, 10, 10]);
  });

  it('picks nothing without participants', () => {
    const turns = turnsOf(Float64Array.from([1, 2]));
    queueAll(turns, () => false);

    expect(nextTurn(turns)).toBe(-1);
    expect(nextTurnAmong(turns, () => false)).toBe(-1);
  });

  it('continues from the turns before', () => {
    const before = turnsOf(Float64Array.from([3, 2]));
    const first = taken(before, 2);
    const rest = taken(turnsOf(Float64Array.from([3, 2]), before, true), 3);

    expect(first.map((share, index) => share + (rest[index] ?? 0))).toEqual([3, 2]);
  });

  it('continues with other weights, and each index gets its weight from there on', () => {
    fc.assert(
      fc.property(weights, weights, fc.integer({ min: 0, max: 1_000 }), (drawn, others, count) => {
        const before = turnsOf(Float64Array.from(drawn));
        taken(before, count);

        expect(taken(turnsOf(Float64Array.from(others), before), sumOf(others))).toEqual(others);
      }),
      // Two turns at the present time, one of them a rounding error later.
      { examples: [[[1, 38, 33, 41, 32], [1, 17, 1, 1, 1, 1, 1, 1, 1], 991]] },
    );
  });

  it.each([1e6, 1e9, 1e12])('is exact after %d rounds', (rounds) => {
    const drawn = [1, 100, 7, 65];
    const turns = turnsOf(Float64Array.from(drawn), { ...turnsOf(Float64Array.from(drawn)), now: rounds });

    for (let round = 0; round < 3; round += 1) expect(taken(turns, sumOf(drawn))).toEqual(drawn);
  });
});
