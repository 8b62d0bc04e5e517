import { describe, expect, it } from '@jest/globals';
import { createTold } from '#sync/watch/told';

const running = { kind: 'state', isAlive: true, isReady: true, metrics: 'up 1\n' } as const;

function openTold() {
  let nowMs = 0;
  let asked = 0;
  const told = createTold({ monotonicMs: () => nowMs }, () => {
    asked += 1;
  });
  return {
    ...told,
    advance: (ms: number) => {
      nowMs += ms;
    },
    asked: () => asked,
  };
}

describe('createTold', () => {
  it('is alive and not ready until it is told anything', () => {
    const { state } = openTold();

    expect([state.isAlive(), state.isReady(), state.metrics()]).toEqual([true, false, '']);
  });

  it('says what it was told last', () => {
    const { state, take } = openTold();
    take({ ...running, isReady: false });
    take(running);
    const before = [state.isAlive(), state.isReady(), state.metrics()];

    take({ ...running, isAlive: false });

    expect(before).toEqual([true, true, 'up 1\n']);
    expect(state.isAlive()).toBe(false);
  });

  it.each([
    ['for a minute, as where a pass plans', 60_000, true],
    ['for longer: the thread of the passes hangs', 60_001, false],
  ])('fm-56 is alive when it was told nothing %s (%i ms): %s', (_, ms, isAlive) => {
    const { state, take, advance } = openTold();
    advance(1_000);
    take(running);

    advance(ms);

    expect(state.isAlive()).toBe(isAlive);
  });

  it('is not alive where it was never told anything for longer than a minute', () => {
    const { state, advance } = openTold();

    advance(60_001);

    expect(state.isAlive()).toBe(false);
  });

  it('asks once for the snapshot that several want, and anew for the next', async () => {
    const { state, take, asked } = openTold();
    const both = [state.snapshot(), state.snapshot()];
    const askedFirst = asked();
    take({ kind: 'snapshot', text: 'first' });
    const next = state.snapshot();
    take({ kind: 'snapshot', text: undefined });

    expect(await Promise.all([...both, next])).toEqual(['first', 'first', undefined]);
    expect([askedFirst, asked()]).toEqual([1, 2]);
  });
});
