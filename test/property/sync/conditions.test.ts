import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, type Conditions, conditionWords, type Line } from '#sync/watch/log/conditions';
import { follow } from '#sync/watch/log/follow';

const minute = 60_000;
const hour = 60 * minute;
const ids = ['a', 'b', 'c'];
const kinds = Object.keys(conditionWords) as (keyof typeof conditionWords)[];

type Pass = {
  readonly afterMs: number;
  readonly held: readonly boolean[];
  readonly isUndecided: boolean;
  readonly variant: string;
};

const passes = fc.array(
  fc.record({
    afterMs: fc.constantFrom(10_000, minute, 5 * minute, 40 * minute, 3 * hour),
    held: fc.array(fc.boolean(), { minLength: ids.length, maxLength: ids.length }),
    isUndecided: fc.boolean(),
    variant: fc.constantFrom('THROTTLED', 'TIMEOUT', 'AWS'),
  }),
  { maxLength: 60, size: 'max' },
);

type Told = Line & { readonly atMs: number; readonly pass: number };
type Lived = { readonly told: readonly Told[]; readonly conditions: Conditions; readonly times: readonly number[] };

/** Lives through the passes, and then through two hours in which all is well. */
function live(kind: (typeof kinds)[number], given: readonly Pass[]): Lived {
  const well = Array.from({ length: 121 }, () => ({ afterMs: minute, held: [], isUndecided: false, variant: '' }));
  let conditions: Conditions = new Map();
  let nowMs = 0;
  const told: Told[] = [];
  const times: number[] = [];
  for (const [pass, { afterMs, held, isUndecided, variant }] of [...given, ...well].entries()) {
    nowMs += afterMs;
    times.push(nowMs);
    const holds = ids
      .filter((_, index) => held[index])
      .map((id): Condition => ({ kind, id, who: { id }, variant, why: { variant } }));
    const next = follow(conditions, { holds, isUndecided: () => isUndecided }, nowMs);
    conditions = next.conditions;
    told.push(...next.lines.map((line) => ({ ...line, atMs: nowMs, pass })));
  }
  return { told, conditions, times };
}

/** Whether the passes know it as held: what nobody could tell about goes on as it was. */
function heldIn(given: readonly Pass[], index: number): readonly boolean[] {
  let before = false;
  return given.map(({ held, isUndecided }) => {
    before = held[index] === true || (isUndecided && before);
    return before;
  });
}

describe('follow', () => {
  it.each(kinds)('begins, repeats and ends each condition of kind %s in this order, and leaves none', (kind) => {
    const { begins, lasts, ends, restless } = conditionWords[kind];
    fc.assert(
      fc.property(passes, (given) => {
        const { told, conditions } = live(kind, given);
        for (const id of ids) {
          const said = told.filter(({ fields }) => fields.id === id).map(({ message }) => message);
          const shape = said.map((one) => ({ [begins]: 'b', [lasts]: 'l', [ends]: 'e', [restless]: 'r' })[one] ?? '?');
          expect(shape.join('')).toMatch(/^(bl*e|(bl*e)*r[rl]*e)*$/);
        }
        expect(conditions.size).toBe(0);
      }),
    );
  });

  it('reports each begin and end at once, except for a condition that comes and goes', () => {
    fc.assert(
      fc.property(passes, (given) => {
        const { told } = live('scope', given);
        for (const [index, id] of ids.entries()) {
          const said = told.filter(({ fields }) => fields.id === id);
          const changes = heldIn(given, index).flatMap((now, pass, all) =>
            now === (all[pass - 1] ?? false) ? [] : [pass],
          );
          const firstRestless = said.find(({ message }) => message === 'scope unknown now and then')?.pass ?? Infinity;
          const expected = changes.filter((pass) => pass < firstRestless);
          const turns = said.filter(
            ({ pass, message }) => pass < firstRestless && message !== 'scope still unknown' && pass < given.length,
          );
          expect(turns.map(({ pass }) => pass)).toEqual(expected);
        }
      }),
    );
  });

  it('repeats a lasting condition within an hour, in at most twelve lines an hour', () => {
    fc.assert(
      fc.property(passes, (given) => {
        const { told, times } = live('scope', given);
        for (const [index, id] of ids.entries()) {
          const said = told.filter(({ fields }) => fields.id === id).map(({ atMs }) => atMs);
          for (const atMs of said)
            expect(said.filter((one) => one > atMs - hour && one <= atMs).length).toBeLessThan(13);
          for (const [pass, { held }] of given.entries()) {
            const nowMs = times[pass] ?? 0;
            if (held[index]) expect(nowMs - Math.max(...said.filter((one) => one <= nowMs))).toBeLessThan(hour);
          }
        }
      }),
    );
  });
});
