import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Verdict } from '#core/claims/verdicts';
import type { HeldEntity } from '#deck/document';
import { type Absences, countAbsences } from '#sync/plan/removals/absences';
import { judgeRemovals, type Policy } from '#sync/plan/removals/policy';
import { defaultPolicy } from '../../../../support/passes';

const target: HeldEntity = {
  kind: 'target',
  key: 'sd2.privatelink|10.0.1.11:80',
  domain: 'sd2',
  parent: 'sd2.privatelink',
  id: '1',
  fields: {},
  tags: [],
};

type Pass = { readonly verdict?: Partial<Verdict>; readonly elapsedMs?: number };

/** The counts of one target after these passes. */
function countOver(passes: readonly Pass[], policy: Policy = defaultPolicy) {
  const absences = passes.reduce<Absences>((before, { verdict, elapsedMs = 60_000 }) => {
    const judged = { target, verdict: { is: 'absent', reason: 'test', ...verdict } as const };
    return countAbsences(before, [judged], { elapsedMs, policy });
  }, {});
  return absences[target.key];
}

function isRipe(passes: readonly Pass[], policy: Policy = defaultPolicy): boolean {
  const absence = countOver(passes, policy);
  const { remove } = judgeRemovals({
    judged: [{ target, verdict: { is: 'absent', reason: 'test' } }],
    absences: absence ? { [target.key]: absence } : {},
    policy,
    allScopesAnswered: true,
    wantedTargets: new Map([['sd2.privatelink', 1]]),
  });
  return remove.length > 0;
}

const seen = (observedAtMs: number, elapsedMs?: number): Pass => ({ verdict: { observedAtMs }, elapsedMs });
const uncertain: Pass = { verdict: { is: 'uncertain' } };

describe('countAbsences', () => {
  it.each<[string, readonly Pass[], number, number]>([
    ['each pass with a new observation', [{}, {}, {}], 3, 120_000],
    ['fm-39 one observation once, however often it is read', [seen(5), seen(5), seen(5)], 1, 0],
    ['fm-39 no older observation', [seen(5), seen(4), seen(5)], 1, 0],
    [
      'fm-39 the time between two observations, in whichever passes',
      [seen(5), seen(5, 20_000), seen(6, 30_000)],
      2,
      50_000,
    ],
    ['an uncertain state in between as no observation', [{}, uncertain, {}], 2, 90_000],
    ['fm-41 half of the time of the policy for a pause of a day', [{}, { elapsedMs: 86_400_000 }], 2, 90_000],
    ['nothing of a target that was not absent', [{}, {}, { verdict: { is: 'gone' } }, {}], 1, 0],
  ])('counts %s', (_, passes, count, forMs) => {
    expect(countOver(passes)).toMatchObject({ count, forMs });
  });

  it.each<[string, boolean, readonly Pass[]]>([
    ['after three observations and three minutes', true, [{}, {}, {}, {}]],
    ['not before three minutes', false, [{}, {}, {}]],
    ['after three observations that are far apart', true, [{}, { elapsedMs: 1e9 }, { elapsedMs: 1e9 }]],
    ['not after two, however far apart', false, [{}, { elapsedMs: 1e9 }]],
    ['fm-39 not after one observation that is read for a day', false, Array.from({ length: 1_440 }, () => seen(5))],
  ])('lets an absent target leave %s: %s', (_, expected, passes) => {
    expect(isRipe(passes)).toBe(expected);
  });

  it('fm-41 needs no more time than the policy says, when observations are far apart', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100_000), (removeAfterAbsences, removeAfterSeconds) => {
        const policy = { ...defaultPolicy, removeAfterAbsences, removeAfterSeconds };
        const passes = Array.from({ length: Math.max(2, removeAfterAbsences) }, () => ({ elapsedMs: 1e12 }));

        expect(isRipe(passes, policy)).toBe(true);
        expect(isRipe(passes.slice(1), policy)).toBe(removeAfterAbsences === 1 && removeAfterSeconds === 0);
      }),
    );
  });
});
