import type { Clock } from '#core/timing/clock';
import type { FromDiscovery } from '../discovery/messages';
import type { ToDiscovery } from '../discovery/orders';
import { isSameProbe, type ProbeSettings, stricterOf } from '../probes/probe-settings';
import type { AgeKey } from '../reach/ages';
import type { Reach } from '../reach/reach';
import { clearHealth, reachOf } from './domain-in-use';
import { createFirstWaits, type FirstWaits } from './first-waits';
import { type FeedFacts, hasDomain, keep, seenIn } from './known';

/** The knowledge of discovery, for the request path: a read never waits. */
export type Feed = {
  /** The data plane has sources to discover from. */
  readonly hasSources: boolean;
  /** Announces requests for the domain. Among several probe settings the strictest apply. */
  use(domain: string, probe: ProbeSettings): void;
  /** The own zone, once it is known. */
  setZone(zoneId: string): void;
  /** `undiscovered` while no scope was ever known. */
  reachOf(domain: string): Reach | 'unknown domain' | 'undiscovered';
  /**
   * Whether the domain exists; undefined while unknown. Only where names were asked for
   * (FeedOptions).
   */
  hasDomain(domain: string): boolean | undefined;
  /** Resolves with the first names of domains, or `firstWaitMs` after the first call. */
  named(): Promise<void>;
  /** Changes whenever an answer of the feed may change. */
  revision(): number;
  /** The configuration has changed, and these probes apply to all domains from now on. */
  reload(probe: ProbeSettings): void;
  /** Time of the oldest confirmation, by the monotonic clock; undefined before the first. */
  oldestObservedAtMs(): number | undefined;
  /** Number of targets that probes keep out of use. */
  ejected(): number;
  /**
   * Resolves with the first answer about the domain, or `firstWaitMs` after the first call for it:
   * only first requests wait.
   */
  first(domain: string): Promise<void>;
};

export type DiscoveryThread = {
  readonly post: (message: ToDiscovery) => void;
  readonly onMessage: (listener: (message: FromDiscovery) => void) => void;
  /** Called when the thread ends, for any reason. */
  readonly onEnd: (listener: (reason: string) => void) => void;
};

export type FeedOptions = {
  readonly startThread: () => DiscoveryThread;
  readonly clock: Clock;
  readonly onProblem: (reason: string) => void;
  /** Also asks for the names of all domains. */
  readonly isNamed?: boolean;
  /**
   * The caller keeps the results: routes stay texts in a tenth of the memory, and no round
   * continues.
   */
  readonly isLean?: boolean;
  /**
   * Longest wait of first requests, for a domain or for the names of all, in milliseconds; 1000
   * when absent.
   */
  readonly firstWaitMs?: number;
};

/**
 * A thread that ended restarts after this time, in milliseconds. Its routes stay in use meanwhile.
 */
const restartMs = 1_000;
/**
 * A domain without a request between two sweeps is no longer discovered and probed. Plugin
 * instances send no message at their end.
 */
const sweepEveryMs = 3_600_000;

/** The key of waits for the names of all domains; no domain has this name. */
const ofNames = '';

/** A feed for a data plane without configuration: it never resolves a domain. */
export const emptyFeed: Feed = {
  hasSources: false,
  use: () => {},
  setZone: () => {},
  reachOf: () => 'undiscovered',
  hasDomain: () => undefined,
  named: async () => {},
  revision: () => 0,
  reload: () => {},
  oldestObservedAtMs: () => undefined,
  ejected: () => 0,
  first: async () => {},
};

/** Keeps a discovery thread running until `signal` aborts, and keeps the routes from its posts. */
export function startFeed(options: FeedOptions, signal: AbortSignal): Feed {
  const known: FeedFacts = { domains: new Map(), seen: new Map(), revision: 0 };
  const waits = createFirstWaits(options.clock);
  const thread = keepThread(options, signal, listenerOf(options, known, waits));
  void sweepRegularly(options.clock, signal, () => {
    // A caller with kept results asks again; otherwise a domain in use would look idle.
    known.revision += 1;
    for (const domain of takeIdle(known.domains)) {
      waits.forget(domain);
      thread.post({ kind: 'release', domain });
    }
  });
  const seenOf = (key: AgeKey) => seenIn(known, key);
  return {
    hasSources: true,
    use: (domain, probe) => {
      if (use(known.domains, domain, probe)) thread.post({ kind: 'use', domain, probe });
    },
    setZone: (zoneId) => {
      known.zoneId = zoneId;
      thread.post({ kind: 'zone', zoneId });
    },
    reachOf: (name) => {
      const domain = known.domains.get(name);
      return (
        (domain && reachOf(domain, seenOf, options.isLean ?? false)) ??
        (known.oldestObservedAtMs === undefined ? 'undiscovered' : 'unknown domain')
      );
    },
    hasDomain: (domain) => hasDomain(known, domain),
    named: async () => (known.names ? undefined : waits.wait(ofNames, options.firstWaitMs)),
    revision: () => known.revision,
    reload: (probe) => {
      for (const domain of probeAnew(known.domains, probe)) {
        thread.post({ kind: 'release', domain });
        thread.post({ kind: 'use', domain, probe });
      }
      thread.post({ kind: 'reload' });
    },
    oldestObservedAtMs: () => known.oldestObservedAtMs,
    ejected: () => [...known.domains.values()].reduce((sum, { down }) => sum + down.size, 0),
    first: (domain) => waits.wait(domain, options.firstWaitMs),
  };
}

/** Sends the first orders to a new thread, and keeps its messages. */
function listenerOf({ isNamed, clock, onProblem }: FeedOptions, known: FeedFacts, waits: FirstWaits): ThreadListener {
  return {
    onStart: (post) => {
      if (known.zoneId !== undefined) post({ kind: 'zone', zoneId: known.zoneId });
      if (isNamed) post({ kind: 'names' });
      for (const [domain, { probe }] of known.domains) post({ kind: 'use', domain, probe });
    },
    onMessage: (message) => {
      keep(known, message, clock.monotonicMs());
      if (message.kind === 'problem') onProblem(message.reason);
      if (message.kind === 'route') waits.end(message.domain);
      if (message.kind === 'names') waits.end(ofNames);
      // The routes of a pass with ages follow in messages of their own.
      if (message.kind === 'observed' && message.ages.length === 0) waits.endAll();
    },
    onEnd: () => {
      known.revision += 1;
      known.domains.forEach(clearHealth);
    },
  };
}

/** Whether the thread needs to hear of this use. */
function use(domains: FeedFacts['domains'], name: string, probe: ProbeSettings): boolean {
  const domain = domains.get(name);
  if (!domain) {
    domains.set(name, { probe, isUsed: true, down: new Set() });
    return true;
  }
  domain.isUsed = true;
  if (stricterOf(domain.probe, probe) === domain.probe) return false;
  domain.probe = probe;
  return true;
}

/** Returns the domains whose probe settings change. */
function probeAnew(domains: FeedFacts['domains'], probe: ProbeSettings): readonly string[] {
  const others = [...domains].filter(([, domain]) => !isSameProbe(domain.probe, probe));
  for (const [, domain] of others) domain.probe = probe;
  return others.map(([name]) => name);
}

/** Forgets the domains without a request since the last call, and returns their names. */
function takeIdle(domains: FeedFacts['domains']): readonly string[] {
  const idle = [...domains].flatMap(([name, { isUsed }]) => (isUsed ? [] : [name]));
  for (const name of idle) domains.delete(name);
  for (const domain of domains.values()) domain.isUsed = false;
  return idle;
}

async function sweepRegularly(clock: Clock, signal: AbortSignal, sweep: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(sweepEveryMs, signal).catch(() => {});
    if (!signal.aborted) sweep();
  }
}

type ThreadListener = {
  readonly onStart: (post: DiscoveryThread['post']) => void;
  readonly onMessage: (message: FromDiscovery) => void;
  readonly onEnd: () => void;
};

/** Starts the thread, and restarts it whenever it ends. */
function keepThread(
  { startThread, clock, onProblem }: FeedOptions,
  signal: AbortSignal,
  listener: ThreadListener,
): Pick<DiscoveryThread, 'post'> {
  let thread = open();

  function open(): DiscoveryThread {
    const opened = startThread();
    opened.onMessage(listener.onMessage);
    opened.onEnd((reason) => void reopen(reason));
    listener.onStart(opened.post);
    return opened;
  }

  async function reopen(reason: string): Promise<void> {
    if (signal.aborted) return;
    onProblem(`the discovery thread ended: ${reason}`);
    listener.onEnd();
    await clock.sleep(restartMs, signal).catch(() => {});
    if (!signal.aborted) thread = open();
  }

  return { post: (message) => thread.post(message) };
}
