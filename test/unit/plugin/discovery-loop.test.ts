import { afterEach, describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../core/clock';
import type { Snapshot } from '../../../core/model';
import { startDiscoveryLoop } from '../../../plugin/discovery-loop';
import { type FromDiscovery, readRoute } from '../../../plugin/messages';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../support/builders';

const known = snapshotOf(knownScope([endpointOf()]));
let stop = new AbortController();

afterEach(() => stop.abort());

/** Runs the loop over these answers with sd2 in use; it stands still when they are used up. */
async function runLoop(answers: readonly (Snapshot | Error)[], kept = snapshotOf()) {
  stop = new AbortController();
  const pauses: number[] = [];
  const posted: FromDiscovery[] = [];
  const left = [...answers];
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
      await new Promise(() => {});
    },
  };
  const discover = async () => {
    const next = left.shift();
    if (next instanceof Error) throw next;
    return next ?? known;
  };
  const post = (message: FromDiscovery) => void posted.push(message);
  const restored = async () => kept;
  const options = { discover, restored, zoneId: undefined, intervalSeconds: () => 60, clock, random: () => 0.5, post };
  const loop = startDiscoveryLoop(options, stop.signal);
  loop.handle({ kind: 'use', domain: 'sd2' });
  await used;
  return { loop, pauses, posted };
}

/** `kind domain: number of candidates` of what was posted about routes. */
function routesOf(posted: readonly FromDiscovery[]): readonly string[] {
  return posted.flatMap((one) =>
    one.kind === 'route' ? [`${one.domain}: ${one.route ? readRoute(one.route).candidates.length : 'none'}`] : [],
  );
}

describe('startDiscoveryLoop', () => {
  it('posts the routes in use, then when each scope was confirmed, and comes back at the interval', async () => {
    const { posted, pauses } = await runLoop([known]);

    expect(posted).toMatchObject([
      { kind: 'route', domain: 'sd2', route: expect.stringContaining('"near":[0,1]') },
      { kind: 'observed', scopes: [['hub.self.us-east-1', 1_000]] },
    ]);
    expect(pauses).toEqual([60_000]);
  });

  it('posts what an earlier process knew before the first pass, and each scope with its age', async () => {
    const { posted } = await runLoop([known], snapshotOf(unknownScope([endpointOf()])));

    expect(posted.map((one) => (one.kind === 'observed' ? one.scopes : one.kind))).toEqual([
      'route',
      [['hub.self.us-east-1', 500]],
      [['hub.self.us-east-1', 1_000]],
    ]);
  });

  it('says nothing before the first pass when nothing was kept, since requests wait for that', async () => {
    const { posted } = await runLoop([known], snapshotOf(unknownScope()));

    expect(posted.map((one) => one.kind)).toEqual(['route', 'observed']);
  });

  it('says why what was kept cannot be used', async () => {
    const { posted } = await runLoop([known], { ...snapshotOf(), warnings: ['truncated'] });

    expect(posted[0]).toEqual({ kind: 'problem', reason: 'truncated' });
  });

  it('posts a route again only when it changed', async () => {
    const moved = snapshotOf(knownScope([endpointOf({ addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }] })]));

    expect(routesOf((await runLoop([known, known, moved, moved])).posted)).toEqual(['sd2: 2', 'sd2: 1']);
  });

  it('posts nothing of domains that are not in use, and answers when one is', async () => {
    const { loop, posted } = await runLoop([
      snapshotOf(knownScope([endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3' })])),
    ]);
    const before = routesOf(posted);

    loop.handle({ kind: 'use', domain: 'sd3' });
    loop.handle({ kind: 'use', domain: 'sd4' });

    expect(before).toEqual(['sd2: 2']);
    expect(routesOf(posted)).toEqual(['sd2: 2', 'sd3: 2', 'sd4: none']);
  });

  it('fm-26 backs off to the interval while nothing is ever known, and says that nothing is', async () => {
    const { pauses, posted } = await runLoop(Array.from({ length: 8 }, () => snapshotOf(unknownScope())));

    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(posted.slice(0, 2)).toEqual([
      { kind: 'problem', reason: 'throttled' },
      { kind: 'observed', scopes: [] },
    ]);
  });

  it('keeps to the interval when a scope fails that was known before', async () => {
    const { pauses } = await runLoop([snapshotOf(unknownScope()), known, snapshotOf(unknownScope([endpointOf()]))]);

    expect(pauses).toEqual([1_000, 60_000, 60_000]);
  });

  it('comes back in ten seconds while an endpoint is about to change', async () => {
    const { pauses } = await runLoop([snapshotOf(knownScope([endpointOf({ state: 'pendingAcceptance' })]))]);

    expect(pauses).toEqual([10_000]);
  });

  it.each([
    ['throws', new Error('boom')],
    ['cannot be resolved', snapshotOf(knownScope([endpointOf({ domain: 'sd3', paths: undefined })]))],
  ])('fm-06 goes on after a pass that %s, and takes no route back', async (_, broken) => {
    const { posted, pauses } = await runLoop([known, broken, known]);

    expect(routesOf(posted)).toEqual(['sd2: 2']);
    expect(posted.filter((one) => one.kind === 'problem')).toHaveLength(1);
    expect(pauses).toHaveLength(3);
  });
});
