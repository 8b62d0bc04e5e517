import { describe, expect, it } from '@jest/globals';
import type { StageProgress } from '#sync/rollout/advance/progress';
import { openStepLog, waitingOf } from '#sync/watch/rollout/steps';

const canary: StageProgress = { stage: 'canary', step: 'baking', revision: 'a1', until: '2026-01-01T00:05:00Z' };

describe('the steps of stages', () => {
  it('are logged in one line each, and samples between them in none', () => {
    const lines: object[] = [];
    const say = openStepLog({ info: (fields: object) => void lines.push(fields) });

    say(canary);
    say({ ...canary, until: '2026-01-01T00:05:01Z', gates: { requests: { kind: 'pass', said: 'fine', value: 0 } } });
    say({
      stage: 'prod',
      step: 'waits',
      revision: 'a0',
      newest: 'a1',
      reason: 'stage canary has this revision on trial',
    });
    say({ stage: 'canary', step: 'behind', revision: 'a1', reason: 'away' });
    say(canary);
    say({ stage: 'prod', step: 'waits', revision: 'a0', newest: 'a1', reason: 'stage canary halted: no' });
    say({ stage: 'canary', step: 'halted', revision: 'a1', reason: 'requests: 3 failed' });
    say({ stage: 'canary', step: 'back', revision: 'a0', reason: 'back from a1: requests: 3 failed' });
    say({ stage: 'canary', step: 'back', revision: 'a0', newest: 'a1', reason: 'back from a1: requests: 3 failed' });

    expect(lines).toMatchObject([
      { stage: 'canary', step: 'baking', revision: 'a1', until: '2026-01-01T00:05:00Z' },
      { stage: 'prod', step: 'waits', newest: 'a1' },
      { stage: 'prod', step: 'waits', reason: 'stage canary halted: no' },
      { stage: 'canary', step: 'halted', reason: 'requests: 3 failed' },
      { stage: 'canary', step: 'back', revision: 'a0' },
    ]);
  });
});

describe('the reason why a stage waits', () => {
  it('is one line, even if strangers wrote it', () => {
    const reason = 'no\nstage forged: x';

    expect(waitingOf({ stage: 'canary', step: 'halted', revision: 'a1', reason })).toBe(
      'rollout step=halted revision=a1: no\\nstage forged: x\n',
    );
  });

  it.each(['done', 'behind'] as const)('is empty if it is %s', (step) => {
    expect(waitingOf({ stage: 'canary', step, reason: 'away' })).toBe('');
  });
});
