import { afterEach, describe, expect, it } from '@jest/globals';
import type { Snapshot } from '#core/model';
import type { Clock } from '#core/timing/clock';
import { startDiscoveryLoop } from '#data-plane/discovery/loop';
import type { FromDiscovery } from '#data-plane/discovery/messages';
import { readRoute } from '#data-plane/discovery/route-text';
import type { Prober } from '#data-plane/probes/prober';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';

const known = snapshotOf(knownScope([endpointOf()]));
const probe = { kind: 'tcp', path: '/', intervalMs: 5_000, timeoutMs: 1_000, fall: 2, rise: 1 } as const;
let stop = new AbortController();

afterEach(() => stop.abort());

/**
 * Runs the loop over these answers with sd2 in use. The loop stands still after the last answer.
 */
async function runLoop(answers: readonly (Snapshot | Error)[], kept = snapshotOf(), zoneId?: string) {
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
    monotonicMs: () => 0,
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
  const probed: string[] = [];
  const prober: Prober = {
    use: (domain, { kind }) => void probed.push(`${domain} by ${kind}`),
    watch: (domain, choices) => void probed.push(`${domain}: ${choices.length}`),
    release: (domain) => void probed.push(`${domain} no more`),
  };
  const options = { discover, restored, zoneId, prober, intervalSeconds: () => 60, clock, random: () => 0.5, post };
  const loop = startDiscoveryLoop(options, stop.signal);
  loop.handle({ kind: 'use', domain: 'sd2', probe });
  await used;
  return { loop, pauses, posted, probed };
}

/** `kind domain: number of choices` of the posted routes. */
function routesOf(posted: readonly FromDiscovery[]): readonly string[] {
  return posted.flatMap((one) =>
    one.kind === 'route' ? [`${one.domain}: ${one.route ? readRoute(one.route).choices.length : 'none'}`] : [],
  );
}

describe('startDiscoveryLoop', () => {
  it('posts the age of each scope, then the routes in use, and runs again after the interval', async () => {
    const { posted, pauses } = await runLoop([known]);

    expect(posted).toMatchObject([
      { kind: 'observed', ages: [['hub.self.us-east-1', 0]] },
      { kind: 'route', domain: 'sd2', route: expect.stringContaining('"tiers":[]') },
    ]);
    expect(pauses).toEqual([60_000]);
  });

  it('posts last good of an earlier process before the first pass, and each scope with its age', async () => {
    const { posted } = await runLoop([known], snapshotOf(unknownScope([endpointOf()])));

    expect(posted.map((one) => (one.kind === 'observed' ? one.ages : one.kind))).toEqual([
      [['hub.self.us-east-1', 500]],
      'route',
      [['hub.self.us-east-1', 0]],
    ]);
  });

  it('posts nothing before the first pass without last good, because requests wait for the first pass', async () => {
    const { posted } = await runLoop([known], snapshotOf(unknownScope()));

    expect(posted.map((one) => one.kind)).toEqual(['observed', 'route']);
  });

  it('says why last good cannot be used', async () => {
    const { posted } = await runLoop([known], { ...snapshotOf(), warnings: ['truncated'] });

    expect(posted[0]).toEqual({ kind: 'problem', reason: 'truncated' });
  });

  it('fm-45 goes on when last good cannot be resolved, and says so', async () => {
    const broken = snapshotOf(unknownScope([endpointOf({ paths: undefined })]));

    const { posted } = await runLoop([known], broken);

    expect(posted).toContainEqual({
      kind: 'problem',
      reason: expect.stringContaining('the last known state cannot be used'),
    });
    expect(routesOf(posted)).toEqual(['sd2: 2']);
  });

  it('posts a route again only at a change', async () => {
    const moved = snapshotOf(knownScope([endpointOf({ addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }] })]));

    expect(routesOf((await runLoop([known, known, moved, moved])).posted)).toEqual(['sd2: 2', 'sd2: 1']);
  });

  it('posts no domain that is not in use, and answers when it comes into use', async () => {
    const { loop, posted } = await runLoop([
      snapshotOf(knownScope([endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3' })])),
    ]);
    const before = routesOf(posted);

    loop.handle({ kind: 'use', domain: 'sd3', probe });
    loop.handle({ kind: 'use', domain: 'sd4', probe });

    expect(before).toEqual(['sd2: 2']);
    expect(routesOf(posted)).toEqual(['sd2: 2', 'sd3: 2', 'sd4: none']);
  });

  it('fm-26 backs off to the interval while no scope was ever known, and says so', async () => {
    const { pauses, posted } = await runLoop(Array.from({ length: 8 }, () => snapshotOf(unknownScope())));

    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    expect(posted.slice(0, 2)).toEqual([
      { kind: 'problem', reason: 'throttled' },
      { kind: 'observed', ages: [] },
    ]);
  });

  it('keeps to the interval when a scope fails that was known before', async () => {
    const { pauses } = await runLoop([snapshotOf(unknownScope()), known, snapshotOf(unknownScope([endpointOf()]))]);

    expect(pauses).toEqual([1_000, 60_000, 60_000]);
  });

  it('runs again after ten seconds while an endpoint is about to change', async () => {
    const { pauses } = await runLoop([snapshotOf(knownScope([endpointOf({ state: 'pendingAcceptance' })]))]);

    expect(pauses).toEqual([10_000]);
  });

  it.each([
    ['throws', new Error('boom')],
    ['cannot be resolved', snapshotOf(knownScope([endpointOf({ domain: 'sd3', paths: undefined })]))],
  ])('fm-06 goes on after a pass that %s, and withdraws no route', async (_, broken) => {
    const { posted, pauses } = await runLoop([known, broken, known]);

    expect(routesOf(posted)).toEqual(['sd2: 2']);
    expect(posted.filter((one) => one.kind === 'problem')).toHaveLength(1);
    expect(pauses).toHaveLength(3);
  });

  it('probes the targets of domains in use, and no others', async () => {
    const { loop, probed } = await runLoop([known, known]);

    loop.handle({ kind: 'release', domain: 'sd2' });

    expect(probed).toEqual(['sd2 by tcp', 'sd2: 2', 'sd2 no more']);
  });

  it('posts nothing more of a released domain', async () => {
    const { loop, posted } = await runLoop([known]);

    loop.handle({ kind: 'release', domain: 'sd2' });
    loop.handle({ kind: 'zone', zoneId: 'use1-az1' });

    expect(routesOf(posted)).toEqual(['sd2: 2']);
  });

  it('posts the routes again when its own zone is found', async () => {
    const { loop, posted } = await runLoop([known]);

    loop.handle({ kind: 'zone', zoneId: 'use1-az2' });

    expect(posted.at(-1)).toMatchObject({ kind: 'route', route: expect.stringContaining('"tiers":[[1]]') });
  });

  it('reports once that no target lies in the region of its own zone, and routes to any target', async () => {
    const { posted } = await runLoop([known, known], snapshotOf(), 'euw1-az1');

    expect(routesOf(posted)).toEqual(['sd2: 2']);
    expect(posted.filter((one) => one.kind === 'problem')).toEqual([
      { kind: 'problem', reason: 'no target lies in the region of the own zone euw1-az1: see --zone-id' },
    ]);
  });

  it('says why an endpoint of a domain in use is quarantined', async () => {
    const bad = {
      scopeId: 'hub.self.us-east-1',
      code: 'bad-tag',
      reason: 'has the tag kong:port 70000',
      fix: 'use 1 to 65535',
    } as const;
    const quarantined = ['sd2', 'sd9'].map((domain) => ({ ...bad, domain, endpointId: `vpce-${domain}` }));

    const { loop, posted } = await runLoop([snapshotOf(knownScope([], quarantined))]);
    const reasons = () => posted.flatMap((one) => (one.kind === 'problem' ? [one.reason] : []));
    const before = reasons();
    loop.handle({ kind: 'use', domain: 'sd9', probe });

    const ofSd2 = 'endpoint vpce-sd2 has the tag kong:port 70000; use 1 to 65535';
    expect(before).toEqual([ofSd2]);
    expect(reasons()).toEqual([ofSd2, ofSd2.replace('sd2', 'sd9')]);
  });

  describe('for a process that answers all domains', () => {
    const two = snapshotOf(knownScope([endpointOf(), endpointOf({ id: 'vpce-3', domain: 'sd3' })]));
    const unread = unknownScope(undefined, { ...hubScope, id: 'other.self.us-east-1', source: 'other' });
    const withUnread = snapshotOf(knownScope([endpointOf()]), unread);
    const namesIn = (posted: readonly FromDiscovery[]) =>
      posted.flatMap((one) => (one.kind === 'names' ? [[one.names, one.isWhole] as const] : []));

    it('posts no names without a request for them', async () => {
      expect(namesIn((await runLoop([two])).posted)).toEqual([]);
    });

    it('posts the names of all domains on request, and again only at a change', async () => {
      const { loop, posted } = await runLoop([two]);

      loop.handle({ kind: 'names' });
      loop.handle({ kind: 'names' });
      loop.handle({ kind: 'zone', zoneId: 'use1-az2' });

      expect(namesIn(posted)).toEqual([['sd2 sd3', false]]);
    });

    it('fm-01 calls the names complete after three answers of every scope, even after a gap', async () => {
      const passes = (length: number) => Array.from({ length }, () => ({ ...two }));
      const wholeAfter = async (...answers: readonly Snapshot[]) => {
        const { loop, posted } = await runLoop(answers);
        loop.handle({ kind: 'names' });
        loop.handle({ kind: 'zone', zoneId: 'use1-az2' });
        return namesIn(posted).at(-1)?.[1];
      };

      expect(await wholeAfter(...passes(2))).toBe(false);
      expect(await wholeAfter(...passes(3))).toBe(true);
      expect(await wholeAfter(...passes(2), snapshotOf(unknownScope([endpointOf()])))).toBe(false);
      expect(await wholeAfter(...passes(3), snapshotOf(unknownScope([endpointOf()])))).toBe(true);
      expect(await wholeAfter(...passes(3), withUnread, ...passes(2))).toBe(false);
    });

    it('does not call the names complete while a scope was never known', async () => {
      const { loop, posted } = await runLoop([withUnread]);

      loop.handle({ kind: 'names' });

      expect(namesIn(posted)).toEqual([['sd2', false]]);
    });

    it('probes a domain for tiers only if its route has several tiers', async () => {
      const { loop, probed } = await runLoop([known]);
      const forTiers = { ...probe, isForTiers: true };

      loop.handle({ kind: 'use', domain: 'sd2', probe: forTiers });
      loop.handle({ kind: 'zone', zoneId: 'use1-az2' });
      loop.handle({ kind: 'release', domain: 'sd2' });
      loop.handle({ kind: 'use', domain: 'sd2', probe });

      expect(probed.slice(2)).toEqual(['sd2 by tcp', 'sd2: 0', 'sd2: 2', 'sd2 no more', 'sd2 by tcp', 'sd2: 2']);
    });

    it('reads the configuration again, and ends its pause for that', async () => {
      const done: string[] = [];
      const sleeping = new AbortController();
      const clock: Clock = {
        now: () => 0,
        monotonicMs: () => 0,
        sleep: (_, signal) => {
          sleeping.abort();
          return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
        },
      };
      stop = new AbortController();
      const passes = [new AbortController(), new AbortController()];
      const loop = startDiscoveryLoop(
        {
          discover: async () => {
            done.push('discovered');
            return known;
          },
          restored: async () => snapshotOf(),
          reload: () => void done.push('reloaded'),
          onPass: () => passes[done.length - 1 > 0 ? 1 : 0]?.abort(),
          zoneId: undefined,
          prober: { use: () => {}, watch: () => {}, release: () => {} },
          intervalSeconds: () => 60,
          clock,
          random: () => 0.5,
          post: () => {},
        },
        stop.signal,
      );
      await aborted(sleeping.signal);

      loop.handle({ kind: 'reload' });
      await aborted(passes[1]?.signal);

      expect(done).toEqual(['discovered', 'reloaded', 'discovered']);
    });
  });
});

async function aborted(signal?: AbortSignal): Promise<void> {
  if (signal && !signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
}
