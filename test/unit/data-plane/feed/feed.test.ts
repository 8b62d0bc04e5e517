import { describe, expect, it } from '@jest/globals';
import type { Clock } from '#core/timing/clock';
import type { FromDiscovery } from '#data-plane/discovery/messages';
import type { ToDiscovery } from '#data-plane/discovery/orders';
import { writeRoute } from '#data-plane/discovery/route-text';
import { type DiscoveryThread, type FeedOptions, startFeed } from '#data-plane/feed/feed';
import { pickTarget } from '#data-plane/reach/reach';
import { resolveRoutes } from '#data-plane/reach/resolve';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';

const route = resolveRoutes(snapshotOf(knownScope([endpointOf()])), undefined).get('sd2');
const text = route && writeRoute(route);
const probe = { kind: 'tcp', path: '/', intervalMs: 5_000, timeoutMs: 1_000, fall: 2, rise: 1 } as const;
const observed: FromDiscovery = { kind: 'observed', ages: [['hub.self.us-east-1', 5]] };

/** A feed whose threads the test plays. Its clock wakes a sleeper only at `wake(ms)`. */
function openFeed(more: Partial<FeedOptions> = {}) {
  const threads: {
    readonly received: ToDiscovery[];
    say: (message: FromDiscovery) => void;
    end: (reason: string) => void;
  }[] = [];
  const problems: string[] = [];
  const sleeps: number[] = [];
  const sleepers = new Map<number, () => void>();
  const clock: Clock = {
    now: () => 0,
    monotonicMs: () => 0,
    sleep: (ms) => {
      sleeps.push(ms);
      return new Promise((resolve) => {
        sleepers.set(ms, resolve);
      });
    },
  };
  const startThread = (): DiscoveryThread => {
    const thread = { received: [] as ToDiscovery[], say: (_: FromDiscovery) => {}, end: (_: string) => {} };
    threads.push(thread);
    return {
      post: (message) => void thread.received.push(message),
      onMessage: (listener) => {
        thread.say = listener;
      },
      onEnd: (listener) => {
        thread.end = listener;
      },
    };
  };
  const onProblem = (reason: string) => void problems.push(reason);
  const feed = startFeed({ startThread, clock, onProblem, ...more }, new AbortController().signal);
  const wake = async (ms: number) => {
    sleepers.get(ms)?.();
    await new Promise(setImmediate);
  };
  return { feed, threads, problems, sleeps, wake };
}

function ipOf(feed: ReturnType<typeof openFeed>['feed'], domain = 'sd2'): string {
  const found = feed.reachOf(domain);
  return typeof found === 'string' ? found : (pickTarget(found, true, -Infinity)?.ip ?? 'none');
}

describe('startFeed', () => {
  it('announces each domain once', () => {
    const { feed, threads } = openFeed();

    for (const domain of ['sd2', 'sd3', 'sd2']) feed.use(domain, probe);

    expect(threads[0]?.received).toMatchObject([{ domain: 'sd2' }, { domain: 'sd3' }]);
  });

  it('distinguishes an undiscovered domain from an unknown one', () => {
    const { feed, threads } = openFeed();
    const before = feed.reachOf('sd2');

    threads[0]?.say({ kind: 'route', domain: 'sd2' });
    threads[0]?.say(observed);

    expect([before, feed.reachOf('sd2')]).toEqual(['undiscovered', 'unknown domain']);
    expect(feed.oldestObservedAtMs()).toBe(-5);
  });

  it('continues the round of a route that is posted again', () => {
    const { feed, threads } = openFeed();
    feed.use('sd2', probe);
    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });
    const first = ipOf(feed);

    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });

    expect([first, ipOf(feed)].sort()).toEqual(['10.0.1.11', '10.0.2.11']);
  });

  it('waits once per domain, at most a second, for its first answer', async () => {
    const { feed, threads, sleeps } = openFeed();
    const waits = Promise.all([feed.first('sd2'), feed.first('sd2'), feed.first('sd3')]);

    threads[0]?.say(observed);
    for (const domain of ['sd2', 'sd3']) threads[0]?.say({ kind: 'route', domain, route: text });
    await waits;
    await feed.first('sd2');

    expect(sleeps).toEqual([3_600_000, 1_000, 1_000]);
  });

  it('waits as long as it is configured to', () => {
    const { feed, sleeps } = openFeed({ firstWaitMs: 8_000 });

    void feed.named();
    void feed.first('sd2');
    void feed.first('sd2');

    expect(sleeps).toEqual([3_600_000, 8_000, 8_000]);
  });

  it('does not wait for known names, even if nobody has asked for them yet', async () => {
    const { feed, threads, sleeps } = openFeed({ isNamed: true });
    threads[0]?.say({ kind: 'names', names: 'sd2', isWhole: false });

    await feed.named();

    expect(sleeps).toEqual([3_600_000]);
  });

  it('ends all waits after a pass without a result', async () => {
    const { feed, threads } = openFeed();
    const wait = feed.first('sd2');

    threads[0]?.say({ kind: 'observed', ages: [] });

    await expect(wait).resolves.toBeUndefined();
    expect(feed.reachOf('sd2')).toBe('undiscovered');
  });

  it('fm-06 restarts an ended thread, announces the domains again and keeps the routes meanwhile', async () => {
    const { feed, threads, problems, sleeps, wake } = openFeed();
    feed.use('sd2', probe);
    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });

    threads[0]?.end('out of memory');
    const meanwhile = feed.reachOf('sd2');
    await wake(1_000);

    expect(typeof meanwhile).toBe('object');
    expect(problems).toEqual(['the discovery thread ended: out of memory']);
    expect(sleeps).toEqual([3_600_000, 1_000]);
    expect(threads[1]?.received).toEqual([{ kind: 'use', domain: 'sd2', probe }]);
  });

  describe('the result of probes', () => {
    /** sd2 with two targets, and the thread that reports on sd2. */
    function openProbed() {
      const opened = openFeed();
      const [thread] = opened.threads;
      const ask = () => new Set([ipOf(opened.feed), ipOf(opened.feed), ipOf(opened.feed)]);
      const health = (place: string, isDown: boolean) => thread?.say({ kind: 'health', domain: 'sd2', place, isDown });
      opened.feed.use('sd2', probe);
      thread?.say({ kind: 'route', domain: 'sd2', route: text });
      return { ...opened, ask, health };
    }

    it('keeps an ejected target out of use until the target is back', () => {
      const { feed, ask, health } = openProbed();

      health('10.0.1.11 80', true);
      const during = ask();
      const ejected = feed.ejected();
      health('10.0.1.11 80', false);

      expect([...during]).toEqual(['10.0.2.11']);
      expect(ask().size).toBe(2);
      expect([ejected, feed.ejected()]).toEqual([1, 0]);
    });

    it('still applies when the route is posted again', () => {
      const { threads, ask, health } = openProbed();
      health('10.0.1.11 80', true);

      threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });

      expect([...ask()]).toEqual(['10.0.2.11']);
    });

    it('ends with its thread', async () => {
      const { threads, ask, health } = openProbed();
      health('10.0.1.11 80', true);

      threads[0]?.end('out of memory');

      expect(ask().size).toBe(2);
    });
  });

  it('announces stricter probes of a domain, and no laxer ones', () => {
    const { feed, threads } = openFeed();

    for (const intervalMs of [5_000, 10_000, 500]) feed.use('sd2', { ...probe, intervalMs });

    expect(threads[0]?.received).toMatchObject([{ probe: { intervalMs: 5_000 } }, { probe: { intervalMs: 500 } }]);
  });

  describe('for a process that answers all domains', () => {
    it('asks each thread for the names of domains first', async () => {
      const { feed, threads, wake } = openFeed({ isNamed: true });

      feed.use('sd2', probe);
      threads[0]?.end('out of memory');
      await wake(1_000);

      const expected = [{ kind: 'names' }, { kind: 'use', domain: 'sd2', probe }];
      expect(threads.map(({ received }) => received)).toEqual([expected, expected]);
    });

    it('knows the existing domains, and knows missing ones once all scopes were known', async () => {
      const { feed, threads } = openFeed({ isNamed: true });
      const has = () => ['sd2', 'sd3', ''].map((one) => feed.hasDomain(one));
      const before = has();

      threads[0]?.say({ kind: 'names', names: 'sd2 sd9', isWhole: false });
      const partly = has();
      threads[0]?.say({ kind: 'names', names: 'sd2', isWhole: true });
      const wholly = has();
      threads[0]?.say({ kind: 'names', names: '', isWhole: true });

      expect([before, partly, wholly, has()]).toEqual([
        [undefined, undefined, undefined],
        [true, undefined, undefined],
        [true, false, false],
        [false, false, false],
      ]);
    });

    it.each([
      ['the first names', { kind: 'names', names: 'sd2', isWhole: true }],
      ['a pass without a result', { kind: 'observed', ages: [] }],
    ] as const)('waits for %s', async (_, message) => {
      const { feed, threads } = openFeed({ isNamed: true });
      const wait = feed.named();

      threads[0]?.say(message);

      await expect(wait).resolves.toBeUndefined();
    });

    it('does not wait when the names came before', () => {
      const { feed, threads, sleeps } = openFeed({ isNamed: true });
      threads[0]?.say({ kind: 'names', names: 'sd2', isWhole: false });

      void feed.named();

      expect(sleeps).toEqual([3_600_000]);
    });

    it('has another revision whenever its answer may change', () => {
      const { feed, threads } = openFeed();
      const revisions = [feed.revision()];
      const say = (message: FromDiscovery) => {
        threads[0]?.say(message);
        revisions.push(feed.revision());
      };
      feed.use('sd2', probe);

      say({ kind: 'route', domain: 'sd2', route: text });
      say(observed);
      say({ kind: 'health', domain: 'sd2', place: '10.0.1.11 80', isDown: true });
      say({ kind: 'names', names: 'sd2', isWhole: true });
      threads[0]?.end('out of memory');
      revisions.push(feed.revision());
      say({ kind: 'problem', reason: 'throttled' });

      expect(revisions).toEqual([0, 1, 2, 3, 4, 5, 5]);
    });

    it('changes its revision before a domain looks idle, because a cache does not ask', async () => {
      const { feed, threads, wake } = openFeed();
      let kept = -1;
      const ask = () => {
        if (kept !== feed.revision()) feed.use('sd2', probe);
        kept = feed.revision();
      };

      for (let hours = 0; hours < 3; hours += 1) {
        ask();
        await wake(3_600_000);
      }

      expect(threads[0]?.received).toEqual([{ kind: 'use', domain: 'sd2', probe }]);
    });

    it('reads a route again for each question where memory is short, with the results of probes', () => {
      const { feed, threads } = openFeed({ isLean: true });
      feed.use('sd2', probe);
      const before = feed.reachOf('sd2');
      threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });
      threads[0]?.say({ kind: 'health', domain: 'sd2', place: '10.0.1.11 80', isDown: true });

      const [one, other] = [feed.reachOf('sd2'), feed.reachOf('sd2')];

      expect(before).toBe('undiscovered');
      expect(one).not.toBe(other);
      expect([ipOf(feed), ipOf(feed)]).toEqual(['10.0.2.11', '10.0.2.11']);
    });

    it('makes the thread read the configuration again, and restarts probes with changed settings', () => {
      const { feed, threads } = openFeed();
      const other = { ...probe, intervalMs: 9_000 };
      feed.use('sd2', probe);
      feed.use('sd3', other);

      feed.reload(other);

      expect(threads[0]?.received.slice(2)).toEqual([
        { kind: 'release', domain: 'sd2' },
        { kind: 'use', domain: 'sd2', probe: other },
        { kind: 'reload' },
      ]);
    });
  });

  it('sends its own zone to the thread, and to the next thread', async () => {
    const { feed, threads, wake } = openFeed();

    feed.setZone('use1-az1');
    threads[0]?.end('out of memory');
    await wake(1_000);

    const zone = { kind: 'zone', zoneId: 'use1-az1' };
    expect(threads.map(({ received }) => received)).toEqual([[zone], [zone]]);
  });

  it('releases a domain after an hour without requests, and uses it again at the next request', async () => {
    const { feed, threads, wake } = openFeed();
    for (const domain of ['sd2', 'sd3']) feed.use(domain, probe);
    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });
    threads[0]?.say(observed);

    await wake(3_600_000);
    feed.reachOf('sd3');
    await wake(3_600_000);
    const after = feed.reachOf('sd2');
    feed.use('sd2', probe);

    expect(after).toBe('unknown domain');
    expect(threads[0]?.received.slice(2)).toEqual([
      { kind: 'release', domain: 'sd2' },
      { kind: 'use', domain: 'sd2', probe },
    ]);
  });
});
