import { afterEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../core/clock';
import type { Snapshot } from '../../../core/model';
import { startFeed } from '../../../plugin/feed';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../support/builders';

const known = snapshotOf(knownScope([endpointOf()]));
let stop = new AbortController();

afterEach(() => stop.abort());

/** A feed over these answers; `pauses` are the waits between passes, and the feed stands still when the answers are used up. */
async function runFeed(answers: readonly (Snapshot | Error)[]) {
  stop = new AbortController();
  const pauses: number[] = [];
  const errors: string[] = [];
  const left = [...answers];
  const idle = new Promise<void>(() => {});
  let ended: () => void = () => {};
  const used = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms) => {
      pauses.push(ms);
      if (left.length > 0) return;
      ended();
      await idle;
    },
  };
  const discover = async () => {
    const next = left.shift();
    if (next instanceof Error) throw next;
    return next ?? known;
  };
  const options = {
    discover,
    zoneId: undefined,
    intervalSeconds: 60,
    clock,
    random: () => 0.5,
    onError: (message: string) => errors.push(message),
  };
  const feed = startFeed(options, stop.signal);
  await used;
  return { feed, pauses, errors };
}

describe('startFeed', () => {
  it('publishes what it discovered and comes back at the interval', async () => {
    const { feed, pauses } = await runFeed([known]);

    expect([...(feed.current()?.keys() ?? [])]).toEqual(['sd2']);
    expect(pauses).toEqual([60_000]);
  });

  it('comes back quickly while nothing was ever known', async () => {
    const { feed, pauses, errors } = await runFeed([snapshotOf(unknownScope())]);

    expect(feed.current()).toBeUndefined();
    expect(pauses).toEqual([1_000]);
    expect(errors).toEqual(['throttled']);
  });

  it('comes back in ten seconds while an endpoint is about to change', async () => {
    const { pauses } = await runFeed([snapshotOf(knownScope([endpointOf({ state: 'pendingAcceptance' })]))]);

    expect(pauses).toEqual([10_000]);
  });

  it('fm-06 goes on after a pass that throws, with the table it had', async () => {
    const { feed, errors } = await runFeed([known, new Error('boom')]);

    expect(feed.current()?.has('sd2')).toBe(true);
    expect(errors).toEqual(['boom']);
  });
});
