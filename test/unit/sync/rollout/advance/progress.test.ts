import { describe, expect, it } from '@jest/globals';
import type { Change } from '#sync/plan/changes';
import { progressOf, type StageAsKnown } from '#sync/rollout/advance/progress';
import { nothingRun } from '#sync/rollout/journal';

const heldUntil = '2026-01-01T00:00:30Z';
const known = { stage: 'canary', state: { ...nothingRun, runs: 'aaaaaaaaaaaa' }, nowMs: 0 };
const rollout = {} as StageAsKnown['rollout'];
const change = (kind: 'service' | 'target') => ({ action: 'create', kind, key: 'sd2', domain: 'sd2' }) as Change;

function stepWith(report: StageAsKnown['report']) {
  return progressOf({ ...known, rollout, report });
}

describe('a stage whose worker collects changes', () => {
  it('is not done while configuration is among them', () => {
    expect(stepWith({ held: 1, heldUntil, changes: [change('service')] })).toMatchObject({
      step: 'writing',
      until: heldUntil,
    });
  });

  it.each([
    ['addresses alone are', { held: 1, heldUntil, changes: [change('target')] }],
    [
      'the configuration was written',
      {
        held: 1,
        heldUntil,
        changes: [change('service'), change('target')],
        applied: [{ change: change('service'), outcome: 'applied' }],
      },
    ],
    ['nothing is', { held: 0, changes: [] }],
  ] as const)('is done where %s', (_, report) => {
    expect(stepWith(report).step).toBe('done');
  });
});

describe('a stage whose turn has come', () => {
  it('is not done before the configuration is written', () => {
    expect(stepWith({ changes: [change('service'), change('target')] })).toMatchObject({
      step: 'due',
      reason: 'the next pass writes 1 change',
    });
  });

  it.each([
    ['addresses alone are to be written', { changes: [change('target')] }],
    ['a pass wrote it', { changes: [change('service')], applied: [{ change: change('service'), outcome: 'applied' }] }],
  ] as const)('is done where %s', (_, report) => {
    expect(stepWith(report).step).toBe('done');
  });
});

describe('a stage that does not go on by itself', () => {
  const runs = 'aaaaaaaaaaaa';
  const trialOf = (kind: 'fail' | 'inconclusive') => ({
    trial: { revision: runs, parts: {}, before: {}, verdict: { kind, reason: 'requests: seen', atMs: 0 } },
  });

  it.each([
    ['failed and was left', trialOf('fail'), 'halted', 'requests: seen'],
    ['could not be judged', trialOf('inconclusive'), 'halted', 'inconclusive: requests: seen; then run rollout retry'],
    ['is pinned', { pin: { revision: runs } }, 'pinned', 'rollback newest ends the pin'],
    [
      'was taken back',
      { pin: { revision: runs, left: 'bbbbbbbbbbbb' } },
      'pinned',
      'revision bbbbbbbbbbbb was rolled back: correct the configuration, or rollback newest ends the pin',
    ],
  ] as const)('says how to go on where it %s', (_, state, step, reason) => {
    const standing = { ...known, state: { ...known.state, ...state }, rollout, report: {} };

    expect(progressOf(standing)).toMatchObject({ step, reason });
  });
});
