import { describe, expect, it } from '@jest/globals';
import { createTold } from '#sync/watch/told';

const running = {
  kind: 'state',
  isAlive: true,
  isReady: true,
  details: '',
  metrics: { kong_privatelink_passes_total: { '': 1 } },
} as const;

/** Of all metrics of a page, in their order. */
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
  it('is alive and not ready until it is told anything', () => {
    const { state } = openTold();

    expect([state.isAlive(), state.isReady(), valuesIn(state.metrics())]).toEqual([true, false, [1, 3]]);
  });

  it('says what it was told last', () => {
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
    ['for a minute, as where a pass plans', 60_000, true],
    ['for longer: the thread of the passes hangs', 60_001, false],
  ])('fm-56 is alive when it was told nothing %s (%i ms): %s', (_, ms, isAlive) => {
    const { state, take, advance } = openTold();
    advance(1_000);
    take(running);

    advance(ms);

    expect(state.isAlive()).toBe(isAlive);
    expect(state.metrics()).toContain(`kong_privatelink_alive ${isAlive ? 1 : 0}\n`);
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
