import { describe, expect, it } from '@jest/globals';
import { basePart } from '#deck/revision';
import { changedParts, type Earlier, type NextRevision, whyUnproved } from '#sync/rollout/advance/proof';
import { nothingRun, type StageState, type StageTrial } from '#sync/rollout/journal';

const [old, fresh, other] = ['000000000001', '000000000002', '000000000003'];
const next: NextRevision = { revision: fresh, parts: { sd1: 'a', sd2: 'new' }, changed: ['sd2'] };
const verdict = { kind: 'pass', reason: 'fine', atMs: 0 } as const;
const trial: StageTrial = { revision: fresh, parts: { sd1: 'x', sd2: 'new' }, before: {}, verdict };
const proved: StageState = { ...nothingRun, runs: fresh, trial };

function why(state: Partial<StageState>, over: Partial<Earlier> = {}, candidate = next) {
  const earlier = { stage: 'canary', state: { ...proved, ...state }, needsApproval: false, takesBase: true, ...over };
  return whyUnproved(earlier, candidate)?.kind;
}

describe('fm-70 the proof of a stage for a later stage', () => {
  it('is given when the stage runs all that changes and its trial passed, whatever else it runs', () => {
    expect(why({})).toBeUndefined();
  });

  it.each([
    ['nothing is known of its revision', { runs: undefined }, 'earlier'],
    ['it runs another revision than the proved one', { runs: old }, 'earlier'],
    ['its trial had other content', { trial: { ...trial, parts: { sd2: 'older' } } }, 'earlier'],
    ['it lacks the changed part', { trial: { ...trial, parts: {} } }, 'earlier'],
    ['a part was not written', { isWhole: false }, 'earlier'],
    ['its trial goes on', { trial: { ...trial, verdict: undefined } }, 'earlier'],
    ['its trial failed', { trial: { ...trial, verdict: { ...verdict, kind: 'fail' } } }, 'halted'],
    ['its gates were inconclusive', { trial: { ...trial, verdict: { ...verdict, kind: 'inconclusive' } } }, 'halted'],
    ['a person pinned it', { pin: { revision: old, left: fresh } }, 'pinned'],
    ['it was rolled back', { pin: { revision: old, left: other }, failed: { revision: other, verdict } }, 'halted'],
    ['it was skipped for another revision', { runs: old, skipped: [other] }, 'earlier'],
    ['it was skipped for this revision', { runs: old, skipped: [fresh] }, undefined],
  ] as const)('%s', (_, state, kind) => {
    expect(why(state as Partial<StageState>)).toBe(kind);
  });

  it('waits for a required approval', () => {
    const approved = { ...trial, approved: { atMs: 0, by: {} } };

    expect([why({}, { needsApproval: true }), why({ trial: approved }, { needsApproval: true })]).toEqual([
      'approval',
      undefined,
    ]);
  });

  it('includes parts that leave', () => {
    const leaving = { revision: fresh, parts: { sd1: 'a' }, changed: ['sd2'] };

    expect([why({}, {}, leaving), why({ trial: { ...trial, parts: { sd1: 'x' } } }, {}, leaving)]).toEqual([
      'earlier',
      undefined,
    ]);
  });

  it('ignores base files for a control plane that gets none', () => {
    const files = { revision: fresh, parts: { [basePart]: 'files' }, changed: [basePart] };

    expect([why({}, {}, files), why({}, { takesBase: false }, files)]).toEqual(['earlier', undefined]);
  });
});

describe('the changed parts', () => {
  it('are the parts of either side that differ', () => {
    expect(changedParts({ a: '1', b: '1', c: '1' }, { b: '1', c: '2', d: '1' })).toEqual(['a', 'c', 'd']);
  });
});
