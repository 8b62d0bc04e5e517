import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '#core/timing/backoff';

describe('backoffMs', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [9, 256_000],
    [10, 300_000],
    [5_000, 300_000],
  ])('waits at most after %i failures %i ms', (failures, longest) => {
    expect(backoffMs(failures, () => 1)).toBe(longest);
    expect(backoffMs(failures, () => 0)).toBe(0);
  });
});
