import type { Clock } from '#core/timing/clock';
import type { FromDiscovery } from '../discovery/messages';
import { placeOf } from '../reach/reach';
import type { Choice } from '../reach/resolve';
import type { Probe } from './probe';
import { type ProbeSettings, stricterOf } from './probe-settings';

export type ProberOptions = {
  readonly probe: Probe;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly post: (message: FromDiscovery) => void;
};

export type Prober = {
  /** Sets the probes of the domain, where they are stricter than before. */
  readonly use: (domain: string, settings: ProbeSettings) => void;
  /** Sets the present targets of the domain. */
  readonly watch: (domain: string, choices: readonly Choice[]) => void;
  /** Stops the probes of the domain. */
  readonly release: (domain: string) => void;
};

type Watched = {
  settings: ProbeSettings;
  choices: readonly Choice[];
  /** Running probes by place. */
  readonly running: Map<string, Running>;
};

type Running = {
  readonly host: string;
  readonly settings: ProbeSettings;
  readonly health: Health;
  readonly stop: () => void;
};

type Health = { isDown: boolean };

/**
 * Probes the targets of the domains in use, each on its own, and posts their ejections and returns.
 */
export function createProber(options: ProberOptions): Prober {
  const domains = new Map<string, Watched>();

  function post(domain: string, place: string, { isDown }: Health): void {
    options.post({ kind: 'health', domain, place, isDown });
  }

  function start(domain: string, { settings, choice, health }: Pick<Watch, 'settings' | 'choice' | 'health'>): Running {
    const end = new AbortController();
    const report = () => post(domain, placeOf(choice), health);
    void probeAgainAndAgain({ ...options, settings, choice, health, report }, end.signal);
    return { host: choice.host, settings, health, stop: () => end.abort() };
  }

  function watch(domain: string, choices: readonly Choice[]): void {
    const watched = domains.get(domain);
    if (!watched) return;
    const { settings, running } = Object.assign(watched, { choices });
    const wanted = new Map((settings.kind === 'none' ? [] : choices).map((one) => [placeOf(one), one]));
    for (const [place, { health, stop }] of running) {
      if (wanted.has(place)) continue;
      running.delete(place);
      stop();
      if (health.isDown) post(domain, place, { isDown: false });
    }
    for (const [place, choice] of wanted) {
      const present = running.get(place);
      if (present?.host === choice.host && present.settings === settings) continue;
      present?.stop();
      // A dead target stays dead until the new probes succeed.
      running.set(place, start(domain, { settings, choice, health: present?.health ?? { isDown: false } }));
    }
  }

  function release(domain: string): void {
    watch(domain, []);
    domains.delete(domain);
  }

  function use(domain: string, settings: ProbeSettings): void {
    const watched = domains.get(domain) ?? { settings, choices: [], running: new Map() };
    domains.set(domain, watched);
    watched.settings = stricterOf(watched.settings, settings);
    watch(domain, watched.choices);
  }

  return { use, watch, release };
}

type Watch = ProberOptions & {
  readonly choice: Choice;
  readonly settings: ProbeSettings;
  readonly health: Health;
  readonly report: () => void;
};

/** A new target is up until probes fail. Never rejects; ends with `signal`. */
async function probeAgainAndAgain(watch: Watch, signal: AbortSignal): Promise<void> {
  const { probe, clock, random, choice, settings, health, report } = watch;
  let against = 0;
  // A random pause keeps the targets of a domain from being probed in the same moment.
  let pauseMs = random() * everyMs(settings);
  for (;;) {
    await clock.sleep(pauseMs, signal).catch(() => {});
    if (signal.aborted) return;
    const startedMs = clock.monotonicMs();
    const isAlive = await probe(choice, settings, signal);
    if (signal.aborted) return;
    // Counts results against the present state: alive while down, or dead while up. A probe that
    // could not ask changes nothing.
    if (isAlive !== undefined) against = isAlive === health.isDown ? against + 1 : 0;
    if (against >= (health.isDown ? settings.rise : settings.fall)) {
      health.isDown = !health.isDown;
      against = 0;
      report();
    }
    pauseMs = Math.max(0, startedMs + everyMs(settings) * (0.9 + 0.1 * random()) - clock.monotonicMs());
  }
}

/**
 * Time from one start to the next: even the last of `fall` failures ends within `fall` intervals.
 */
function everyMs({ intervalMs, timeoutMs, fall }: ProbeSettings): number {
  return intervalMs - timeoutMs / fall;
}
