import { describe, expect, it } from '@jest/globals';
import { createTold } from '#sync/watch/told';

const running = {
  kind: 'state',
  isAlive: true,
  isReady: true,
  details: '',
  metrics: { kong_privatelink_passes_total: { '': 1 } },
} as const;

/** All metrics of a page, in their order. */
function valuesIn(page: string): readonly number[] {
  return [...page.matchAll(/^\w+ (.+)$/gm)].map(([, value]) => Number(value));
}

function openTold() {
  let nowMs = 0;
  let asked = 0;
  const told = createTold({
    monotonicMs: () => nowMs,
    ask: () => {
      asked += 1;
    },
    ownSamples: () => ({ process_cpu_seconds_total: { '': 3 } }),
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
  it('is alive and not ready before the first message', () => {
    const { state } = openTold();

    expect([state.isAlive(), state.isReady(), valuesIn(state.metrics())]).toEqual([true, false, [1, 3]]);
  });

  it('returns the last message', () => {
    const { state, take } = openTold();
    take({ ...running, isReady: false });
    take(running);
    const before = [state.isAlive(), state.isReady(), valuesIn(state.metrics())];

    take({ ...running, isAlive: false });

    expect(before).toEqual([true, true, [1, 1, 3]]);
    expect(state.isAlive()).toBe(false);
    expect(state.metrics()).toContain('kong_privatelink_alive 0\n');
  });

  it.each([
    ['for a minute, while a pass plans', 60_000, true],
    ['for longer: the thread of the passes hangs', 60_001, false],
  ])('fm-56 is alive after no message %s (%i ms): %s', (_, ms, isAlive) => {
    const { state, take, advance } = openTold();
    advance(1_000);
    take(running);

    advance(ms);

    expect(state.isAlive()).toBe(isAlive);
    expect(state.metrics()).toContain(`kong_privatelink_alive ${isAlive ? 1 : 0}\n`);
  });

  it('is not alive if no first message came for more than a minute', () => {
    const { state, advance } = openTold();

    advance(60_001);

    expect(state.isAlive()).toBe(false);
  });

  it('requests the snapshot once for several clients, and again for the next client', async () => {
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
