import { describe, expect, it } from '@jest/globals';
import { emptyFeed, type Feed } from '#data-plane/feed/feed';
import { liveReach, type Reach } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { access, accessUnusable, type Kong } from '#plugin/request/handler';
import { createUpstreams } from '#plugin/request/upstreams';
import { type PluginConfig, parsePluginConfig, parseWayOut } from '#plugin/schema/schema';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

const resolved = resolveRoutes(
  snapshotOf(knownScope([endpointOf({ addresses: [{ ip: '10.0.1.11', region: 'us-east-1' }] })])),
  undefined,
).get('sd2');
const facts = { seenOf: () => ({ observedAtMs: 1_000 }), down: new Set<string>() };
const route = resolved && liveReach(resolved, facts, undefined);

/** A feed that knows at most sd2. Its scope was confirmed at 1,000 ms. */
function feedOf(sd2: Reach | undefined, over: Partial<Feed> = {}): Feed {
  const reachOf: Feed['reachOf'] = (domain) => (domain === 'sd2' && sd2) || (sd2 ? 'unknown domain' : 'undiscovered');
  return {
    ...emptyFeed,
    hasSources: true,
    reachOf,
    ...over,
  };
}

/** A Kong that refuses every call when told to. */
function recordCalls(fail = false) {
  const calls: unknown[] = [];
  const record =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      calls.push([name, ...args]);
      if (fail) throw new Error('refused by Kong');
    };
  const kong: Kong = {
    service: {
      setUpstream: record('setUpstream'),
      setTarget: record('setTarget'),
      request: { setHeader: record('setHeader') },
    },
    response: { exit: record('exit') },
  };
  return { kong, calls };
}

async function run({
  feed = feedOf(route),
  config = {},
  nowMs = 1_000,
  fail = false,
  zoneId,
}: {
  feed?: Feed;
  config?: Partial<PluginConfig>;
  nowMs?: number;
  fail?: boolean;
  zoneId?: string;
}) {
  const { kong, calls } = recordCalls(fail);
  const reasons: string[] = [];
  const parsed = parsePluginConfig({ domain: 'sd2', ...config });
  if (!parsed) throw new Error('the test configures the plugin wrongly');
  const upstreams = createUpstreams(zoneId);
  await access(kong, parsed, { feed, upstreams, explain: (reason) => reasons.push(reason), monotonicMs: () => nowMs });
  return { calls, reasons };
}

describe('access', () => {
  it('sets the target, then the Host, and nothing else', async () => {
    expect(await run({})).toEqual({
      calls: [
        ['setTarget', '10.0.1.11', 80],
        ['setHeader', 'Host', 'sd2.privatelink'],
      ],
      reasons: [],
    });
  });

  it.each([
    ['nothing is discovered yet; look at the discovery messages in this log', feedOf(undefined), {}, 1_000],
    [
      'unknown domain; tag an endpoint with it, or correct domain of the plugin entity',
      feedOf(route),
      { domain: 'sd9' },
      1_000,
    ],
    [
      'not confirmed for more than max_stale_seconds 60; look at the discovery messages in this log, or raise max_stale_seconds',
      feedOf(route),
      { max_stale_seconds: 60 },
      61_001,
    ],
  ])('changes no request and says why: %s', async (reason, feed, config, nowMs) => {
    expect(await run({ feed, config, nowMs })).toEqual({ calls: [], reasons: [reason] });
    const rejected = await run({ feed, config: { ...config, on_unresolved: 'reject' }, nowMs });
    expect(rejected.calls).toEqual([['exit', 503, expect.stringContaining('no target is known'), expect.anything()]]);
  });

  it('still resolves at the limit of staleness', async () => {
    expect((await run({ config: { max_stale_seconds: 60 }, nowMs: 61_000 })).calls).toHaveLength(2);
  });

  it('waits for the first answer about its domain when there is none yet', async () => {
    let known: Reach | undefined;
    const feed = feedOf(undefined, {
      reachOf: () => known ?? 'undiscovered',
      first: async () => {
        known = route;
      },
    });

    expect((await run({ feed })).calls).toHaveLength(2);
  });

  it('asks again for the route of a released domain', async () => {
    const used: string[] = [];
    const feed = feedOf(undefined, { use: (domain, { kind }) => void used.push(`${domain} by ${kind}`) });

    await run({ feed });

    expect(used).toEqual(['sd2 by tcp']);
  });

  it('says in target mode that there are no sources, and does not wait', async () => {
    const config = { mode: 'target', on_unresolved: 'reject' } as const;

    const { calls, reasons } = await run({ feed: emptyFeed, config });

    expect(reasons).toEqual(['no sources; start the plugin server with --config FILE']);
    expect(calls).toEqual([['exit', 503, '{"message":"no target is known for domain sd2"}', expect.anything()]]);
  });

  it.each([
    ['the zone is known', 'use1-az1', {}, 'use1-az1.sd2.privatelink'],
    ['the zone is not known', undefined, {}, 'sd2.privatelink'],
    ['affinity is none', 'use1-az1', { affinity: 'none' as const }, 'sd2.privatelink'],
  ])('sets one upstream, and nothing else, in upstream mode when %s', async (_, zoneId, config, expected) => {
    const calls = [['setUpstream', expected]];

    expect(await run({ zoneId, config: { ...config, mode: 'upstream' } })).toEqual({ calls, reasons: [] });
    expect(await run({ zoneId, config, feed: emptyFeed })).toEqual({ calls, reasons: [] });
  });

  it('returns no promise when it knows the answer at once', () => {
    const config = parsePluginConfig({ domain: 'sd2' });
    const context = { feed: feedOf(route), upstreams: createUpstreams(), explain: () => {}, monotonicMs: () => 1_000 };

    expect(config && access(recordCalls().kong, config, context)).toBeUndefined();
  });

  it.each([
    ['http', 80, undefined, 'sd2.privatelink'],
    ['http', 8080, undefined, 'sd2.privatelink:8080'],
    ['http', 443, 'api.example', 'api.example:443'],
    ['https', 443, 'api.example', 'api.example'],
    ['https', 8443, 'api.example', 'api.example:8443'],
    ['grpcs', 443, 'api.example', 'api.example'],
  ] as const)(
    'sends the Host of the %s upstream with port %d as Kong would, unless host_header is set',
    async (...row) => {
      const [protocol, port, host, expected] = row;
      const found = resolveRoutes(snapshotOf(knownScope([endpointOf({ protocol, port, host })])), undefined).get('sd2');
      const feed = feedOf(found && liveReach(found, facts, undefined));

      const plain = await run({ feed });
      const verbatim = await run({ feed, config: { host_header: 'other.example' } });

      expect(plain.calls[1]).toEqual(['setHeader', 'Host', expected]);
      expect(verbatim.calls[1]).toEqual(['setHeader', 'Host', 'other.example']);
    },
  );

  it('fm-25 never throws into Kong when a call is refused', async () => {
    expect((await run({ fail: true })).reasons).toEqual(['refused by Kong', 'refused by Kong']);
  });
});

describe('accessUnusable', () => {
  it.each([
    [{ domain: 'sd2', mode: 'magic' }, [], 'sd2'],
    [{ domain: 'sd2', mode: 'magic', on_unresolved: 'reject' }, ['exit'], 'sd2'],
    [{ domain: 'sd2', on_unresolved: 'magic' }, [], 'sd2'],
    [{ on_unresolved: 'reject' }, ['exit'], ''],
    ['text', [], ''],
  ])('applies on_unresolved to %j, and logs the reason and the domain', (config, expected, domain) => {
    const { kong, calls } = recordCalls();
    const reasons: string[] = [];
    const explain = (reason: string, of: string) => void reasons.push(`${of}: ${reason}`);

    accessUnusable(kong, parseWayOut(config), {
      feed: emptyFeed,
      upstreams: createUpstreams(),
      explain,
      monotonicMs: () => 0,
    });

    expect(calls.flat().slice(0, 1)).toEqual(expected);
    expect(reasons).toEqual([
      expect.stringMatching(`^${domain}: the plugin entity has a configuration that this version cannot use; `),
    ]);
  });
});
