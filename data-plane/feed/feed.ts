import type { Clock } from '#core/timing/clock';
import type { FromDiscovery } from '../discovery/messages';
import type { ToDiscovery } from '../discovery/orders';
import { isSameProbe, type ProbeSettings, stricterOf } from '../probes/probe-settings';
import type { AgeKey } from '../reach/ages';
import type { Reach } from '../reach/reach';
import { clearHealth, reachOf } from './domain-in-use';
import { createFirstWaits, type FirstWaits } from './first-waits';
import { type FeedFacts, hasDomain, keep, seenIn } from './known';

/** What discovery knows, for the request path: reading it never waits. */
export type Feed = {
  /** The data plane has sources to discover from. */
  readonly hasSources: boolean;
  /** Announces that requests for the domain may come; with several, the strictest probes hold. */
  use(domain: string, probe: ProbeSettings): void;
  /** The own zone, once it is known. */
  setZone(zoneId: string): void;
  /** `undiscovered` while no scope was ever known. */
  reachOf(domain: string): Reach | 'unknown domain' | 'undiscovered';
  /** Whether there is such a domain; undefined while that is not known. Only where names were asked for (FeedOptions). */
  hasDomain(domain: string): boolean | undefined;
  /** Ends with the first names of domains, or `firstWaitMs` after the first call. */
  named(): Promise<void>;
  /** Another number whenever anything that the feed says may be another. */
  revision(): number;
  /** The configuration is another one, and these are the probes of all domains from now on. */
  reload(probe: ProbeSettings): void;
  /** When what was confirmed longest ago was, by the monotonic clock; undefined while nothing was ever known. */
  oldestObservedAtMs(): number | undefined;
  /** Targets that probes keep out of use. */
  ejected(): number;
  /** Ends with the first answer about the domain, or `firstWaitMs` after the first call for it: only first requests wait. */
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
  /** Asks for the names of all domains, too. */
  readonly isNamed?: boolean;
  /** Who asks keeps what came of an answer: routes stay texts, which take a tenth of the memory, and no round goes on. */
  readonly isLean?: boolean;
  /** How long the first who ask wait at most, for a domain or for the names of all; a second when absent. */
  readonly firstWaitMs?: number;
};

/** A thread that ended is started anew after this; its routes stay in use meanwhile. */
const restartMs = 1_000;
/** A domain that nobody asked for between two sweeps is discovered and probed no more; instances have no end that one could wait for. */
const sweepEveryMs = 3_600_000;

/** What waits for the names of domains waits under this; no domain is called so. */
const ofNames = '';

/** A feed for a data plane without configuration: nothing is ever resolved. */
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

/** Keeps a discovery thread running until `signal` aborts, and the routes that it posts. */
export function startFeed(options: FeedOptions, signal: AbortSignal): Feed {
  const known: FeedFacts = { domains: new Map(), seen: new Map(), revision: 0 };
  const waits = createFirstWaits(options.clock);
  const thread = keepThread(options, signal, listenerOf(options, known, waits));
  void sweepRegularly(options.clock, signal, () => {
    // Who keeps what came of the feed asks again, or a domain that is in use would look idle.
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

/** What is told to a thread that starts, and kept of what it says. */
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
      // Of what is known, the routes follow.
      if (message.kind === 'observed' && message.ages.length === 0) waits.endAll();
    },
    onEnd: () => {
      known.revision += 1;
      known.domains.forEach(clearHealth);
    },
  };
}

/** Whether anything is new to the thread. */
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

/** Gives the domains that other probes hold for from now on. */
function probeAnew(domains: FeedFacts['domains'], probe: ProbeSettings): readonly string[] {
  const others = [...domains].filter(([, domain]) => !isSameProbe(domain.probe, probe));
  for (const [, domain] of others) domain.probe = probe;
  return others.map(([name]) => name);
}

/** Forgets the domains that nobody asked for since the last call, and gives their names. */
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

/** Starts the thread, and starts it anew whenever it ends. */
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
