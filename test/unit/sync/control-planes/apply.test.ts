import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type ApplyOptions, applyChanges } from '#sync/control-planes/apply';
import type { ControlPlane } from '#sync/control-planes/control-plane';
import { createsOf, documentOf } from '../../../support/control-planes/konnect';
import { createMemoryControlPlane } from '../../../support/control-planes/memory';
import { createFakeClock } from '../../../support/passes';

const creates = createsOf(documentOf('sd2', 2));

type Way = 'one entity at a time' | 'as a whole';

/** A control plane whose writes last until the test ends them, or their signal does; `begun` resolves with the first. */
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

describe('applyChanges', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it.each<[Way, readonly object[]]>([
    ['one entity at a time', [{ outcome: 'applied' }, ...skipped]],
    ['as a whole', creates.map(() => ({ outcome: 'applied' }))],
  ])('lets a write in flight end when it is stopped, and tells what came of it, written %s', async (way, results) => {
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
  ])('ends a write that hangs 8 s after it is stopped, written %s', async (way, others) => {
    const { applied, begun, stop } = openHeld(way);
    await begun;

    stop();
    await jest.advanceTimersByTimeAsync(8_000);

    const first = { outcome: 'failed', error: 'stopped by SIGTERM', isTransient: true };
    expect(await applied).toMatchObject({ results: [first, ...others] });
  });
});
