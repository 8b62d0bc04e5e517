import { describe, expect, it } from '@jest/globals';
import { type Feed, liveRoute, type Route } from '../../../plugin/feed';
import { access, type Kong } from '../../../plugin/handler';
import { resolveRoutes } from '../../../plugin/resolve';
import { type PluginConfig, parsePluginConfig } from '../../../plugin/schema';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';

const resolved = resolveRoutes(
  snapshotOf(knownScope([endpointOf({ addresses: [{ ip: '10.0.1.11', region: 'us-east-1' }] })])),
  undefined,
).get('sd2');
const route = resolved && liveRoute(resolved, undefined);

/** A feed that knows sd2 at most; its scope was confirmed at 1,000 ms. */
function feedOf(sd2: Route | undefined, over: Partial<Feed> = {}): Feed {
  const routeOf: Feed['routeOf'] = (domain) => (domain === 'sd2' && sd2) || (sd2 ? 'unknown domain' : 'undiscovered');
  return {
    hasSources: true,
    use: () => {},
    routeOf,
    observedAtMs: () => 1_000,
    oldestObservedAtMs: () => 1_000,
    first: async () => {},
    ...over,
  };
}

async function run({
  feed = feedOf(route),
  config = {},
  nowMs = 1_000,
  fail = false,
}: {
  feed?: Feed;
  config?: Partial<PluginConfig>;
  nowMs?: number;
  fail?: boolean;
}) {
  const calls: unknown[] = [];
  const reasons: string[] = [];
  const record =
    (name: string) =>
    async (...args: readonly unknown[]) => {
      calls.push([name, ...args]);
      if (fail) throw new Error('refused by Kong');
    };
  const kong: Kong = {
    service: { setTarget: record('setTarget'), request: { setHeader: record('setHeader') } },
    response: { exit: record('exit') },
  };
  const parsed = parsePluginConfig({ domain: 'sd2', ...config });
  if (!parsed) throw new Error('the test configures the plugin wrongly');
  await access(kong, parsed, { feed, explain: (reason) => reasons.push(reason), now: () => nowMs });
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
    ['nothing was discovered yet', feedOf(undefined), {}, 1_000],
    ['unknown domain', feedOf(route), { domain: 'sd9' }, 1_000],
    ['not confirmed for more than max_stale_seconds 60', feedOf(route), { max_stale_seconds: 60 }, 61_001],
  ])('leaves the request alone and says why: %s', async (reason, feed, config, nowMs) => {
    expect(await run({ feed, config, nowMs })).toEqual({ calls: [], reasons: [reason] });
    const rejected = await run({ feed, config: { ...config, on_unresolved: 'reject' }, nowMs });
    expect(rejected.calls).toEqual([['exit', 503, expect.stringContaining('no target is known'), expect.anything()]]);
  });

  it('still resolves at the limit of staleness', async () => {
    expect((await run({ config: { max_stale_seconds: 60 }, nowMs: 61_000 })).calls).toHaveLength(2);
  });

  it('waits for the first answer about its domain when there is none yet', async () => {
    let known: Route | undefined;
    const feed = feedOf(undefined, {
      routeOf: () => known ?? 'undiscovered',
      first: async () => {
        known = route;
      },
    });

    expect((await run({ feed })).calls).toHaveLength(2);
  });

  it.each([
    ['mode is upstream', {}, { mode: 'upstream' as const }],
    ['the data plane has no sources', { hasSources: false }, {}],
  ])('does nothing when %s', async (_, feed, config) => {
    expect(await run({ feed: feedOf(route, feed), config })).toEqual({ calls: [], reasons: [] });
  });

  it('fm-25 never throws into Kong when a call is refused', async () => {
    expect((await run({ fail: true })).reasons).toEqual(['refused by Kong', 'refused by Kong']);
  });
});
