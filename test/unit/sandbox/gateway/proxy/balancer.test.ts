import { describe, expect, it } from '@jest/globals';
import { type Upstream, upstream } from '#sandbox/gateway/entities';
import { createBalancer } from '#sandbox/gateway/proxy/balancer';

type Limits = { readonly tcp_failures?: number; readonly timeouts?: number };

function upstreamOf(weights: Readonly<Record<string, number>>, unhealthy: Limits = {}): Upstream {
  return {
    ...upstream.parse({ id: 'u', name: 'sd2.privatelink', healthchecks: { passive: { unhealthy } } }),
    targets: Object.entries(weights).map(([address, weight]) => ({ address, weight })),
  };
}

const none: ReadonlySet<string> = new Set();

/** The addresses of `count` successful requests. */
function turns(
  balancer: ReturnType<typeof createBalancer>,
  of: Upstream,
  count: number,
): readonly (string | undefined)[] {
  return Array.from({ length: count }, () => balancer.pick(of, none)?.address);
}

describe('createBalancer', () => {
  it.each([
    ['equal weights', { a: 1, b: 1, c: 1 }, ['a', 'b', 'c', 'a', 'b', 'c']],
    ['weights, evenly spread', { a: 2, b: 1 }, ['a', 'b', 'a', 'a', 'b', 'a']],
    ['no weight: never in turn', { a: 1, b: 0 }, ['a', 'a']],
    ['no weight at all: no target', { a: 0 }, [undefined]],
    ['no targets: no target', {}, [undefined]],
  ])('takes turns by %s', (_, weights, expected) => {
    expect(turns(createBalancer(), upstreamOf(weights), expected.length)).toEqual(expected);
  });

  it('continues its turns when an equal upstream arrives in a new configuration', () => {
    const balancer = createBalancer();
    turns(balancer, upstreamOf({ a: 1, b: 1 }), 1);

    expect(balancer.pick(upstreamOf({ a: 1, b: 1 }), none)?.address).toBe('b');
  });

  it.each([
    ['no target marked failover while another takes part', [], 'a'],
    ['a target marked failover for the retry after all others failed', ['a'], 'b'],
  ])('picks %s', (_, failed, expected) => {
    const targets = [
      { address: 'b', weight: 100, failover: true },
      { address: 'a', weight: 1 },
    ];

    expect(createBalancer().pick({ ...upstreamOf({}), targets }, new Set(failed))?.address).toBe(expected);
  });

  it('picks targets marked failover when all others are ejected', () => {
    const balancer = createBalancer();
    const targets = [
      { address: 'b', weight: 1, failover: true },
      { address: 'a', weight: 1 },
    ];
    const zoned = { ...upstreamOf({}, { tcp_failures: 1 }), targets };
    balancer.report(zoned, 'a', 'refused');

    expect(turns(balancer, zoned, 2)).toEqual(['b', 'b']);
  });

  it.each([
    ['another address while there is one', ['a'], 'b'],
    ['a failed address when all have failed', ['a', 'b'], 'a'],
  ])('gives a retry %s', (_, failed, expected) => {
    expect(createBalancer().pick(upstreamOf({ a: 1, b: 1 }), new Set(failed))?.address).toBe(expected);
  });

  it.each([
    ['refused', { tcp_failures: 2 }, ['refused', 'refused'], [false, true]],
    ['timeout', { timeouts: 2 }, ['timeout', 'timeout', 'timeout'], [false, true, false]],
    ['refused between answers', { tcp_failures: 2 }, ['refused', 'answered', 'refused'], [false, false, false]],
    ['of the other kind', { tcp_failures: 1 }, ['timeout', 'timeout'], [false, false]],
    ['while the check is off', {}, ['refused', 'refused', 'refused'], [false, false, false]],
  ] as const)('reports once that it ejects an address, when failures are %s', (_, limits, results, expected) => {
    const balancer = createBalancer();

    expect(results.map((result) => balancer.report(upstreamOf({ a: 1 }, limits), 'a', result))).toEqual(expected);
  });

  it('skips an ejected address until it is restored', () => {
    const balancer = createBalancer();
    const of = upstreamOf({ a: 1, b: 1 }, { tcp_failures: 1 });

    balancer.report(of, 'a', 'refused');
    const ejected = turns(balancer, of, 3);
    balancer.restore(of, 'a');

    expect(ejected).toEqual(['b', 'b', 'b']);
    expect(turns(balancer, of, 2)).toContain('a');
  });

  it('has no address when all are ejected', () => {
    const balancer = createBalancer();
    const of = upstreamOf({ a: 1 }, { tcp_failures: 1 });

    balancer.report(of, 'a', 'refused');

    expect(balancer.pick(of, none)).toBeUndefined();
  });
});
