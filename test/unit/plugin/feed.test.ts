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
    intervalSeconds: () => 60,
    clock,
    random: () => 0.5,
    onError: (message: string) => errors.push(message),
  };
  const feed = startFeed(options, stop.signal);
  await used;
  return { feed, pauses, errors };
}

const quiet = { zoneId: undefined, intervalSeconds: () => 60, random: () => 0.5, onError: () => {} };

/** A feed that makes one pass per `next()`, each with the same answer. */
function stepFeed() {
  stop = new AbortController();
  let wake: () => void = () => {};
  let slept: () => void = () => {};
  let asleep = new Promise<void>((resolve) => {
    slept = resolve;
  });
  const clock: Clock = {
    now: () => 0,
    sleep: () =>
      new Promise<void>((resolve) => {
        wake = resolve;
        slept();
      }),
  };
  const feed = startFeed({ ...quiet, clock, discover: async () => known }, stop.signal);
  const next = async () => {
    await asleep;
    asleep = new Promise<void>((resolve) => {
      slept = resolve;
    });
    wake();
    await asleep;
  };
  return { feed, next };
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

  it('fm-26 backs off to the interval while nothing is ever known', async () => {
    const { pauses } = await runFeed(Array.from({ length: 8 }, () => snapshotOf(unknownScope())));

    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  });

  it('keeps to the interval when a scope fails that was known before', async () => {
    const { pauses } = await runFeed([snapshotOf(unknownScope()), known, snapshotOf(unknownScope([endpointOf()]))]);

    expect(pauses).toEqual([1_000, 60_000, 60_000]);
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

  it('fm-06 goes on after a snapshot that no table can be built of', async () => {
    const broken = snapshotOf(knownScope([endpointOf({ domain: 'sd3', paths: undefined })]));
    const { feed, errors } = await runFeed([known, broken]);

    expect([...(feed.current()?.keys() ?? [])]).toEqual(['sd2']);
    expect(errors).toHaveLength(1);
  });

  it('goes on with the round of a domain that did not change', async () => {
    const { feed, next } = stepFeed();
    await next();
    const first = feed.current()?.get('sd2')?.near.next().ip;
    await next();
    const second = feed.current()?.get('sd2')?.near.next().ip;

    expect([first, second].sort()).toEqual(['10.0.1.11', '10.0.2.11']);
  });

  it('makes requests wait once, not each of them, while discovery does not answer', async () => {
    stop = new AbortController();
    const waits: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (ms) => void waits.push(ms) };
    const feed = startFeed({ ...quiet, clock, discover: () => new Promise(() => {}) }, stop.signal);

    const tables = await Promise.all([feed.first(), feed.first()]);
    await feed.first();

    expect(tables).toEqual([undefined, undefined]);
    expect(waits).toEqual([500]);
  });

  it('makes no request wait once a first pass has failed', async () => {
    const { feed } = await runFeed([snapshotOf(unknownScope())]);

    // The clock of this feed never wakes a sleeper any more.
    expect(await feed.first()).toBeUndefined();
  });
});
