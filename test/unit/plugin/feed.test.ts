import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../core/clock';
import { type DiscoveryThread, startFeed } from '../../../plugin/feed';
import { type FromDiscovery, type ToDiscovery, writeRoute } from '../../../plugin/messages';
import { resolveRoutes } from '../../../plugin/resolve';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';

const route = resolveRoutes(snapshotOf(knownScope([endpointOf()])), undefined).get('sd2');
const text = route && writeRoute(route);
const observed: FromDiscovery = { kind: 'observed', scopes: [['hub.self.us-east-1', 5]] };

/** A feed with threads that tests speak for; its clock never wakes a sleeper before `wake()`. */
function openFeed() {
  const threads: {
    readonly received: ToDiscovery[];
    say: (message: FromDiscovery) => void;
    end: (reason: string) => void;
  }[] = [];
  const problems: string[] = [];
  const sleeps: number[] = [];
  let wake: () => void = () => {};
  const clock: Clock = {
    now: () => 0,
    sleep: (ms) => {
      sleeps.push(ms);
      return new Promise((resolve) => {
        wake = resolve;
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
  const feed = startFeed({ startThread, clock, onProblem }, new AbortController().signal);
  return { feed, threads, problems, sleeps, wake: () => wake() };
}

function ipOf(feed: ReturnType<typeof openFeed>['feed'], domain = 'sd2'): string {
  const found = feed.routeOf(domain);
  return typeof found === 'string' ? found : found.any.next().ip;
}

describe('startFeed', () => {
  it('announces each domain once', () => {
    const { feed, threads } = openFeed();

    for (const domain of ['sd2', 'sd3', 'sd2']) feed.use(domain);

    expect(threads[0]?.received.map(({ domain }) => domain)).toEqual(['sd2', 'sd3']);
  });

  it('tells undiscovered from unknown', () => {
    const { feed, threads } = openFeed();
    const before = feed.routeOf('sd2');

    threads[0]?.say({ kind: 'route', domain: 'sd2' });
    threads[0]?.say(observed);

    expect([before, feed.routeOf('sd2')]).toEqual(['undiscovered', 'unknown domain']);
    expect(feed.observedAtMs('hub.self.us-east-1')).toBe(5);
  });

  it('goes on with the round of a route that is posted again', () => {
    const { feed, threads } = openFeed();
    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });
    const first = ipOf(feed);

    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });

    expect([first, ipOf(feed)].sort()).toEqual(['10.0.1.11', '10.0.2.11']);
  });

  it('waits once per domain, at most a second, for its first answer', async () => {
    const { feed, threads, sleeps } = openFeed();
    const waits = Promise.all([feed.first('sd2'), feed.first('sd2'), feed.first('sd3')]);

    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });
    threads[0]?.say(observed);
    await waits;
    await feed.first('sd2');

    expect(sleeps).toEqual([1_000, 1_000]);
  });

  it('ends all waits with a pass that gave nothing', async () => {
    const { feed, threads } = openFeed();
    const wait = feed.first('sd2');

    threads[0]?.say({ kind: 'observed', scopes: [] });

    await expect(wait).resolves.toBeUndefined();
    expect(feed.routeOf('sd2')).toBe('undiscovered');
  });

  it('fm-06 starts the thread anew when it ends, announces the domains again and keeps the routes meanwhile', async () => {
    const { feed, threads, problems, sleeps, wake } = openFeed();
    feed.use('sd2');
    threads[0]?.say({ kind: 'route', domain: 'sd2', route: text });

    threads[0]?.end('out of memory');
    const meanwhile = feed.routeOf('sd2');
    wake();
    await new Promise(setImmediate);

    expect(typeof meanwhile).toBe('object');
    expect(problems).toEqual(['the discovery thread ended: out of memory']);
    expect(sleeps).toEqual([1_000]);
    expect(threads[1]?.received).toEqual([{ kind: 'use', domain: 'sd2' }]);
  });
});
