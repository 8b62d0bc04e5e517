import { describe, expect, it } from '@jest/globals';
import { createLive } from '#sync/cli/rollout/live';
import type { StageProgress } from '#sync/rollout/advance/progress';

const stages: readonly StageProgress[] = ['canary', 'eu', 'us', 'lab', 'dev', 'qa'].map((stage) => ({
  ...{ stage, step: 'waits', revision: 'aaaaaaaaaaaa', newest: 'bbbbbbbbbbbb' },
  reason: 'stage canary passed, and waits for rollout approve canary',
}));

function shownOn(size: { readonly columns: number; readonly rows?: number }) {
  const written: string[] = [];
  let nowMs = 0;
  const terminal = { env: { NO_COLOR: '1' }, out: () => {}, err: (text: string) => void written.push(text) };
  const live = createLive({ ...terminal, isTerminal: true, ...size }, () => nowMs);
  const [first] = stages;
  const show = () => first && live.show(first, () => stages);
  show();
  nowMs += 1_000;
  show();
  live.end();
  return written;
}

describe('the table of a rollout on a terminal', () => {
  it('redraws all of its lines, and clears them at the end', () => {
    const [first = '', second = '', end] = shownOn({ columns: 80, rows: 40 });
    const lines = first.split('\n').length - 1;

    expect(second).toBe(`\u001b[${lines}F\u001b[J${first}`);
    expect(end).toBe(`\u001b[${lines}F\u001b[J`);
  });

  it('is no taller than the terminal, because a terminal cannot go back to lines that left it', () => {
    const [first = ''] = shownOn({ columns: 80, rows: 8 });

    expect(first.split('\n').length).toBeLessThanOrEqual(8);
    expect(first).toMatch(/^canary +waits/m);
    expect(first).toMatch(/more lines; rollout status shows all\n$/);
  });
});
