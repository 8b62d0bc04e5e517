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
  it('is not done while configuration waits', () => {
    expect(stepWith({ held: 1, heldUntil, changes: [change('service')] })).toMatchObject({
      step: 'writing',
      until: heldUntil,
    });
  });

  it.each([
    ['addresses alone wait', { held: 1, heldUntil, changes: [change('target')] }],
    [
      'the configuration was written',
      {
        held: 1,
        heldUntil,
        changes: [change('service'), change('target')],
        applied: [{ change: change('service'), outcome: 'applied' }],
      },
    ],
    ['nothing waits', { held: 0, changes: [] }],
  ] as const)('is done where %s', (_, report) => {
    expect(stepWith(report).step).toBe('done');
  });
});

describe('a stage that is due', () => {
  it('is not done before the configuration is written', () => {
    expect(stepWith({ changes: [change('service'), change('target')] })).toMatchObject({
      step: 'due',
      reason: 'the next pass writes 1 change',
    });
  });

  it.each([
    ['addresses alone have to be written', { changes: [change('target')] }],
    [
      'a pass wrote the configuration',
      { changes: [change('service')], applied: [{ change: change('service'), outcome: 'applied' }] },
    ],
  ] as const)('is done where %s', (_, report) => {
    expect(stepWith(report).step).toBe('done');
  });
});

describe('a stage that waits for a person', () => {
  const runs = 'aaaaaaaaaaaa';
  const trialOf = (kind: 'fail' | 'inconclusive') => ({
    trial: { revision: runs, parts: {}, before: {}, verdict: { kind, reason: 'requests: seen', atMs: 0 } },
  });

  it.each([
    ['failed and was not rolled back', trialOf('fail'), 'halted', 'requests: seen'],
    ['could not be judged', trialOf('inconclusive'), 'halted', 'inconclusive: requests: seen; then run rollout retry'],
    ['is pinned', { pin: { revision: runs } }, 'pinned', 'rollback newest ends the pin'],
    [
      'was rolled back',
      { pin: { revision: runs, left: 'bbbbbbbbbbbb' } },
      'pinned',
      'revision bbbbbbbbbbbb was rolled back: correct the configuration, or rollback newest ends the pin',
    ],
  ] as const)('names the next step if it %s', (_, state, step, reason) => {
    const standing = { ...known, state: { ...known.state, ...state }, rollout, report: {} };

    expect(progressOf(standing)).toMatchObject({ step, reason });
  });
});
