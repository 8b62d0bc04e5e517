import { describe, expect, it } from '@jest/globals';
import type { Endpoint } from '#core/model';
import type { FromDiscovery } from '#data-plane/discovery/messages';
import { createRoutePosts } from '#data-plane/discovery/route-posts';
import { writeRoute } from '#data-plane/discovery/route-text';
import { type DiscoveryThread, startFeed } from '#data-plane/feed/feed';
import { agesOf } from '#data-plane/reach/ages';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { access, type Kong } from '#plugin/request/handler';
import { createUpstreams } from '#plugin/request/upstreams';
import { parsePluginConfig } from '#plugin/schema/schema';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createFakeClock } from '../../../support/passes';

const relay = { id: 'relay.snapshot.none', source: 'relay', account: 'snapshot', region: 'none' };
const [near, far] = ['hub.1.us-east-1', 'hub.2.us-east-1'];

/**
 * An endpoint from the relay, which `scopeId` observed `ageMs` before the builders' snapshot time.
 */
function relayed(scopeId: string | undefined, ageMs: number, over: Partial<Endpoint> = {}): Endpoint {
  const observed = scopeId === undefined ? undefined : { scopeId, atMs: 1_000 - ageMs };
  return endpointOf({ id: `vpce-${scopeId}-${ageMs}`, scopeId: relay.id, observed, ...over });
}

describe('agesOf', () => {
  it('fm-40 returns the age of each scope, and the oldest age of each origin that it relays', () => {
    const endpoints = [relayed(near, 100), relayed(near, 300), relayed(far, 900)];

    const ages = agesOf(snapshotOf(unknownScope([endpointOf()]), knownScope(endpoints, [], relay)));

    expect(Object.fromEntries(ages)).toEqual({
      [hubScope.id]: 500,
      [relay.id]: 0,
      [`${relay.id} ${near}`]: 300,
      [`${relay.id} ${far}`]: 900,
    });
  });

  it('fm-41 returns no negative age', () => {
    expect(agesOf({ ...snapshotOf(knownScope([])), takenAtMs: 1 })).toEqual([[hubScope.id, 0]]);
  });
});

describe('the age of a choice', () => {
  const keysOf = (endpoints: readonly Endpoint[], others = snapshotOf()) =>
    resolveRoutes({ ...others, scopes: [...others.scopes, knownScope(endpoints, [], relay)] }, undefined)
      .get('sd2')
      ?.choices.map(({ ip, ageKey, scopeId }) => [ip, ageKey ?? scopeId]);
  const at = (ip: string) => ({ addresses: [{ ip, region: 'us-east-1' }] });

  it('fm-40 is the age of the origin that observed its endpoint, if a snapshot relays it', () => {
    const endpoints = [
      relayed(near, 100, at('10.0.0.1')),
      relayed(far, 900, at('10.0.0.2')),
      relayed(undefined, 0, at('10.0.0.3')),
    ];

    expect(keysOf(endpoints)).toEqual([
      ['10.0.0.1', `${relay.id} ${near}`],
      ['10.0.0.2', `${relay.id} ${far}`],
      ['10.0.0.3', relay.id],
    ]);
  });

  it('fm-38 is the age of the newest observation, whatever the order of scopes', () => {
    const direct = endpointOf({ id: 'vpce-1', ...at('10.0.0.1') });

    expect(keysOf([relayed(far, 900, { id: 'vpce-1', ...at('10.0.0.1') })], snapshotOf(knownScope([direct])))).toEqual([
      ['10.0.0.1', hubScope.id],
    ]);
  });

  it('is the age of its scope once no scope lists its endpoint', () => {
    const before = resolveRoutes(snapshotOf(knownScope([relayed(far, 900)], [], relay)), undefined);

    const after = resolveRoutes(snapshotOf(knownScope([], [], relay)), undefined, before).get('sd2');

    expect(after?.choices.map(({ ageKey, scopeId }) => ageKey ?? scopeId)).toEqual([relay.id, relay.id]);
  });
});

/**
 * A data plane with this snapshot, and with this clock in the thread that serves requests. `ask`
 * returns the target of a request.
 */
function serve(clock = createFakeClock(1_800_000_000_000), maxStaleSeconds = 60) {
  let say: (message: FromDiscovery) => void = () => {};
  const startThread = (): DiscoveryThread => ({
    post: () => {},
    onMessage: (listener) => {
      say = listener;
    },
    onEnd: () => {},
  });
  const sleeping = { ...clock, sleep: () => new Promise<void>(() => {}) };
  const feed = startFeed({ startThread, clock: sleeping, onProblem: () => {} }, new AbortController().signal);
  const config = parsePluginConfig({ domain: 'sd2', mode: 'target', max_stale_seconds: maxStaleSeconds });
  if (!config) throw new Error('the test configures the plugin wrongly');
  feed.use('sd2', { kind: 'tcp', path: '/', intervalMs: 5_000, timeoutMs: 1_000, fall: 2, rise: 1 });
  return {
    clock,
    feed,
    say: (message: FromDiscovery) => say(message),
    ask: () => {
      const went: unknown[] = [];
      const call = async (...args: readonly unknown[]) => void went.push(args[0]);
      const kong: Kong = {
        service: { setUpstream: call, setTarget: call, request: { setHeader: async () => {} } },
        response: { exit: call },
      };
      const explain = (reason: string) => void went.push(reason);
      void access(kong, config, { feed, upstreams: createUpstreams(), explain, monotonicMs: clock.monotonicMs });
      return went[0];
    },
  };
}

describe('max_stale_seconds', () => {
  const stale = expect.stringMatching(/^not confirmed for more than max_stale_seconds 60;/);

  function serveKnown(ageMs: number) {
    const served = serve();
    const route = resolveRoutes(snapshotOf(knownScope([endpointOf()])), undefined).get('sd2');
    served.say({ kind: 'observed', ages: [[hubScope.id, ageMs]] });
    served.say({ kind: 'route', domain: 'sd2', route: route && writeRoute(route) });
    return served;
  }

  it.each([-12, -6, 6, 12])('fm-41 measures elapsed time, even if the clock is set by %i h', (hours) => {
    const { clock, ask, feed } = serveKnown(10_000);
    clock.step(hours * 3_600_000);
    const fresh = ask();
    clock.advance(50_000);
    const last = ask();
    clock.advance(1);

    expect([fresh, last, ask()]).toEqual([expect.stringMatching(/^10\./), expect.stringMatching(/^10\./), stale]);
    expect(clock.monotonicMs() - (feed.oldestObservedAtMs() ?? 0)).toBe(60_001);
  });

  it('fm-40 excludes a target with an old observation, however new the relayed snapshot is', () => {
    const { clock, say, ask, feed } = serve();
    const snapshot = snapshotOf(
      knownScope(
        [
          relayed(near, 1_000, { addresses: [{ ip: '10.0.0.1', region: 'us-east-1' }] }),
          relayed(far, 10 * 3_600_000, { addresses: [{ ip: '10.0.0.2', region: 'us-east-1' }] }),
        ],
        [],
        relay,
      ),
    );
    const prober = { use: () => {}, watch: () => {}, release: () => {} };
    const publisher = createRoutePosts({ zoneId: undefined, prober, post: say });
    publisher.begin({
      kind: 'use',
      domain: 'sd2',
      probe: { kind: 'none', path: '/', intervalMs: 1, timeoutMs: 1, fall: 1, rise: 1 },
    });
    publisher.postRoutes(snapshot);

    const went = new Set(Array.from({ length: 4 }, ask));
    clock.advance(60_000);

    expect([...went]).toEqual(['10.0.0.1']);
    expect(ask()).toEqual(stale);
    expect(clock.monotonicMs() - (feed.oldestObservedAtMs() ?? 0)).toBe(10 * 3_600_000 + 60_000);
  });

  it('is not extended by a zone that is found later', () => {
    const posted: FromDiscovery[] = [];
    const prober = { use: () => {}, watch: () => {}, release: () => {} };
    const publisher = createRoutePosts({ zoneId: undefined, prober, post: (one) => void posted.push(one) });
    publisher.postRoutes(snapshotOf(knownScope([endpointOf()])));

    publisher.moveTo('use1-az1');

    expect(posted.filter(({ kind }) => kind === 'observed')).toHaveLength(1);
  });
});
