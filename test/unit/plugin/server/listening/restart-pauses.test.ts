import { describe, expect, it } from '@jest/globals';
import { createRestartPauses } from '#plugin/server/listening/restart-pauses';

describe('createRestartPauses', () => {
  it.each<[string, readonly number[], readonly number[]]>([
    ['starts at once after a long life', [60_000, 60_000], [0, 0]],
    ['starts at once after the first short life', [5], [0]],
    [
      'fm-26 doubles the pause up to 30 s while lives are short',
      [5, 5, 9_999, 5, 5, 5, 5, 5],
      [0, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
    ],
    ['starts again at once after a long life', [5, 5, 10_000, 5, 5], [0, 1_000, 0, 0, 1_000]],
  ])('%s', (_, lives, expected) => {
    const pauseAfter = createRestartPauses();

    expect(lives.map(pauseAfter)).toEqual(expected);
  });
});
