import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ApplyOptions, applyChanges } from '#sync/control-planes/apply';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import type { Change } from '#sync/plan/changes';
import { createsOf, documentOf } from '../../../support/control-planes/konnect';
import { createMemoryControlPlane } from '../../../support/control-planes/memory';
import { createFakeClock } from '../../../support/passes';

const creates = createsOf(documentOf('sd2', 2));

type Way = 'one entity at a time' | 'as a whole';

/**
 * A control plane with writes that last until the test ends them, or until their signal aborts.
 * `begun` resolves with the first write.
 */
function openHeld(way: Way) {
  const { write: _, ...plane } = createMemoryControlPlane('test');
  const stopping = new AbortController();
  let [begin, end] = [() => {}, () => {}];
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const hold = <T>(value: T, signal: AbortSignal) =>
    new Promise<T>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      end = () => resolve(value);
      begin();
    });
  const controlPlane: ControlPlane =
    way === 'as a whole'
      ? { ...plane, takes: 'document', writeAll: (_changes, signal) => hold([], signal) }
      : { ...plane, write: (_change, signal) => hold(undefined, signal) };
  const options: ApplyOptions = { controlPlane, clock: createFakeClock(), concurrency: 1, signal: stopping.signal };
  return {
    applied: applyChanges(creates, options),
    begun,
    end: () => end(),
    stop: () => stopping.abort(new Error('stopped by SIGTERM')),
    signal: stopping.signal,
  };
}

const skipped = creates.slice(1).map(() => ({ outcome: 'skipped', error: 'not tried after: stopped by SIGTERM' }));

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('applyChanges', () => {
  it.each<[Way, readonly object[]]>([
    ['one entity at a time', [{ outcome: 'applied' }, ...skipped]],
    ['as a whole', creates.map(() => ({ outcome: 'applied' }))],
  ])('finishes a running write after a stop, and reports its result, written %s', async (way, results) => {
    const { applied, begun, end, stop, signal } = openHeld(way);
    await begun;

    stop();
    await jest.advanceTimersByTimeAsync(7_999);
    end();

    expect(await applied).toMatchObject({ results });
    expect([jest.getTimerCount(), getEventListeners(signal, 'abort')]).toEqual([0, []]);
  });

  it.each<[Way, readonly object[]]>([
    ['one entity at a time', skipped],
    ['as a whole', skipped.map(() => ({ outcome: 'failed', error: 'stopped by SIGTERM', isTransient: true }))],
  ])('ends a hanging write 8 s after a stop, written %s', async (way, others) => {
    const { applied, begun, stop } = openHeld(way);
    await begun;

    stop();
    await jest.advanceTimersByTimeAsync(8_000);

    const first = { outcome: 'failed', error: 'stopped by SIGTERM', isTransient: true };
    expect(await applied).toMatchObject({ results: [first, ...others] });
  });
});

describe('fm-54 a control plane that describes its data planes without end', () => {
  it('is read for 30 s, and the written changes stay applied', async () => {
    const plane = createMemoryControlPlane('test');
    const readRollout: ControlPlane['readRollout'] = (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { signal } = new AbortController();
    const options = { controlPlane: { ...plane, readRollout }, clock: createFakeClock(), concurrency: 1, signal };

    const applying = applyChanges(creates, options);
    await jest.advanceTimersByTimeAsync(30_000);

    const { results, rollout } = await applying;
    expect(results.map(({ outcome }) => outcome)).toEqual(creates.map(() => 'applied'));
    expect(rollout).toBeUndefined();
  });
});

describe('fm-54 data planes that a pass waits for', () => {
  it('get 30 s in all, even if the last answer never comes', async () => {
    const plane = createMemoryControlPlane('test');
    const [create, update] = creates;
    if (!create || !update) throw new Error('the document has two');
    const clock = createFakeClock();
    let asked = 0;
    const readRollout: ControlPlane['readRollout'] = (signal) => {
      asked += 1;
      if (asked === 1) return Promise.resolve({ nodes: 1, inSync: 1, hash: 'before' });
      if (asked === 2) {
        clock.advance(29_000);
        return Promise.resolve({ nodes: 1, inSync: 0, hash: 'before' });
      }
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    const { signal } = new AbortController();
    const changes = [create, { ...update, action: 'delete' as const }];
    const options = { controlPlane: { ...plane, readRollout }, clock, concurrency: 1, signal };
    const asking = applyChanges(changes, options).then(() => asked);

    // Half a second passed before the last question. The final read has its own time.
    await jest.advanceTimersByTimeAsync(500);

    expect(asked).toBe(4);
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await asking).toBe(4);
  });
});

describe('fm-54 a control plane with endlessly slow writes', () => {
  it('is written to for an hour, and the next pass does the rest', async () => {
    const plane = createMemoryControlPlane('test');
    const write: typeof plane.write = async (change, own) => {
      await new Promise((done) => setTimeout(done, 50 * 60_000));
      await plane.write(change, own);
    };
    const { signal } = new AbortController();
    const options = { controlPlane: { ...plane, write }, clock: createFakeClock(), concurrency: 1, signal };

    const applying = applyChanges(creates, options);
    await jest.advanceTimersByTimeAsync(100 * 60_000);

    const { results } = await applying;
    expect(results.map(({ outcome }) => outcome)).toEqual([
      'applied',
      'applied',
      ...Array(creates.length - 2).fill('skipped'),
    ]);
    expect(results[2]).toMatchObject({
      error: expect.stringContaining('not everything was written within 60 minutes'),
      isTransient: true,
    });
  });
});

describe('base files', () => {
  const { write: _, ...plane } = createMemoryControlPlane('test');
  const [create] = creates as [Change];
  const taken = { kind: create.kind, key: create.key, id: 'theirs' };
  const openTaken = (hasBase: boolean, written: string[]): ApplyOptions => ({
    controlPlane: {
      ...plane,
      takes: 'document',
      hasBase,
      readForeign: async () => [taken],
      writeAll: async (changes) => {
        written.push(`${changes.length} changes`);
        return [];
      },
    },
    clock: createFakeClock(),
    concurrency: 1,
    signal: new AbortController().signal,
  });

  it.each([
    ['are written even if every change is left out', true, ['0 changes']],
    ['cause no write if none exist', false, []],
  ])('%s', async (_, hasBase, expected) => {
    const written: string[] = [];

    const { results } = await applyChanges([create], openTaken(hasBase, written));

    expect(results).toMatchObject([{ outcome: 'failed' }]);
    expect(written).toEqual(expected);
  });
});
