import { describe, expect, it } from '@jest/globals';
import { pauseMs, startDelayMs } from '#sync/watch/schedule';

function timingOf(random: number) {
  return { intervalMs: 60_000, failures: 0, nowMs: 5_000, random: () => random };
}

describe('pauseMs', () => {
  it.each([
    [0, 54_000],
    [0.5, 60_000],
    [1, 66_000],
  ])('spreads an interval of 60 s by a tenth on both sides: at %d it is %d ms', (random, ms) => {
    expect(pauseMs({ kind: 'done', isTransitional: false }, timingOf(random))).toBe(ms);
  });

  it.each([0, 1])('does not spread a pass that is due at a time (at %d)', (random) => {
    const done = { kind: 'done', isTransitional: true } as const;

    expect(pauseMs(done, timingOf(random))).toBe(10_000);
    expect(pauseMs({ ...done, heldUntilMs: 7_000 }, timingOf(random))).toBe(2_000);
    expect(pauseMs({ ...done, heldUntilMs: 4_000 }, timingOf(random))).toBe(0);
  });
});

describe('startDelayMs', () => {
  it.each([
    [0, 0],
    [1, 1_000],
  ])('spreads the first pass over a second: at %d it is %d ms', (random, ms) => {
    expect(startDelayMs(() => random)).toBe(ms);
  });
});
