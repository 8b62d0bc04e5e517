import type { Clock } from '../core/clock';
import { type FromDiscovery, readRoute, type ToDiscovery } from './messages';
import { type Picker, pickerOf } from './picker';
import type { DomainRoute } from './resolve';

/** How to reach a domain, with the rounds that are under way. */
export type Route = { readonly near: Picker; readonly any: Picker };

/** What discovery knows, for the request path: reading it never waits. */
export type Feed = {
  /** The data plane has sources to discover from. */
  readonly hasSources: boolean;
  /** Announces that requests for the domain may come. */
  use(domain: string): void;
  /** `undiscovered` while no scope was ever known. */
  routeOf(domain: string): Route | 'unknown domain' | 'undiscovered';
  /** When the scope was last confirmed; unix epoch, milliseconds. */
  observedAtMs(scopeId: string): number;
  /** Of the scope that was confirmed longest ago; undefined while none was ever known. */
  oldestObservedAtMs(): number | undefined;
  /** Ends with the first answer about the domain, or a second after the first call for it: only first requests wait. */
  first(domain: string): Promise<void>;
};

/** The discovery thread, or a stand-in of a test. */
export type DiscoveryThread = {
  readonly post: (message: ToDiscovery) => void;
  readonly onMessage: (listener: (message: FromDiscovery) => void) => void;
  /** It ended, for whatever reason. */
  readonly onEnd: (listener: (reason: string) => void) => void;
};

export type FeedOptions = {
  readonly startThread: () => DiscoveryThread;
  readonly clock: Clock;
  readonly onProblem: (reason: string) => void;
};

/** About what it takes to load the AWS SDK and to read one scope. */
const firstWaitMs = 1_000;
/** A thread that ended is started anew after this; its routes stay in use meanwhile. */
const restartMs = 1_000;

/** A feed for a data plane without configuration: nothing is ever resolved. */
export const emptyFeed: Feed = {
  hasSources: false,
  use: () => {},
  routeOf: () => 'undiscovered',
  observedAtMs: () => 0,
  oldestObservedAtMs: () => undefined,
  first: async () => {},
};

/** Keeps a discovery thread running until `signal` aborts, and the routes that it posts. */
export function startFeed({ startThread, clock, onProblem }: FeedOptions, signal: AbortSignal): Feed {
  const inUse = new Set<string>();
  const routes = createRouteBook();
  const observed = new Map<string, number>();
  const answers = createAnswers(clock, signal);
  let thread = open();

  function open(): DiscoveryThread {
    const opened = startThread();
    opened.onMessage(receive);
    opened.onEnd((reason) => void reopen(reason));
    for (const domain of inUse) opened.post({ kind: 'use', domain });
    return opened;
  }

  async function reopen(reason: string): Promise<void> {
    if (signal.aborted) return;
    onProblem(`the discovery thread ended: ${reason}`);
    await clock.sleep(restartMs, signal).catch(() => {});
    if (!signal.aborted) thread = open();
  }

  function receive(message: FromDiscovery): void {
    if (message.kind === 'problem') onProblem(message.reason);
    if (message.kind === 'route') {
      routes.keep(message.domain, message.route);
      answers.end(message.domain);
    }
    if (message.kind === 'observed') {
      for (const [scopeId, atMs] of message.scopes) observed.set(scopeId, atMs);
      answers.endAll();
    }
  }

  return {
    hasSources: true,
    use: (domain) => {
      if (inUse.has(domain)) return;
      inUse.add(domain);
      thread.post({ kind: 'use', domain });
    },
    routeOf: (domain) => routes.get(domain) ?? (observed.size > 0 ? 'unknown domain' : 'undiscovered'),
    observedAtMs: (scopeId) => observed.get(scopeId) ?? 0,
    oldestObservedAtMs: () => (observed.size > 0 ? Math.min(...observed.values()) : undefined),
    first: (domain) => answers.wait(domain),
  };
}

/** Routes as they were told, each read when a request first asks for it: not while others are being served. */
function createRouteBook() {
  const routes = new Map<string, Route>();
  const unread = new Map<string, string>();

  function read(domain: string, text: string): Route {
    const route = liveRoute(readRoute(text), routes.get(domain));
    unread.delete(domain);
    routes.set(domain, route);
    return route;
  }

  return {
    keep: (domain: string, text: string | undefined) => {
      unread.delete(domain);
      if (text === undefined) routes.delete(domain);
      else unread.set(domain, text);
    },
    get: (domain: string) => {
      const text = unread.get(domain);
      return text === undefined ? routes.get(domain) : read(domain, text);
    },
  };
}

/** The route with its rounds, which go on from those of `before` where the candidates are the same. */
export function liveRoute({ candidates, near }: DomainRoute, before: Route | undefined): Route {
  const nearest = near.flatMap((index) => candidates[index] ?? []);
  return { near: pickerOf(nearest, before?.near), any: pickerOf(candidates, before?.any) };
}

/** One wait per domain, for all its requests: while AWS does not answer, only the first half second of them is held up. */
function createAnswers(clock: Clock, signal: AbortSignal) {
  const ends = new Map<string, () => void>();
  const waits = new Map<string, Promise<void>>();

  function wait(domain: string): Promise<void> {
    const waited = waits.get(domain) ?? begin(domain);
    waits.set(domain, waited);
    return waited;
  }

  function begin(domain: string): Promise<void> {
    const answer = new Promise<void>((resolve) => {
      ends.set(domain, resolve);
    });
    return Promise.race([answer, clock.sleep(firstWaitMs, signal).catch(() => {})]);
  }

  return {
    wait,
    end: (domain: string) => ends.get(domain)?.(),
    endAll: () => {
      for (const end of ends.values()) end();
    },
  };
}
