import type { Clock } from '../core/clock';
import { transitionalScopes } from '../core/endpoint-states';
import { messageOf } from '../core/errors';
import type { Snapshot } from '../core/model';
import { type FromDiscovery, type ToDiscovery, writeRoute } from './messages';
import { type Routes, resolveRoutes } from './resolve';

export type LoopOptions = {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  /** What an earlier process knew; in use until the first pass has ended, however long AWS takes not to answer. */
  readonly restored: () => Promise<Snapshot>;
  readonly zoneId: string | undefined;
  /** Asked after each pass: the configuration may be read later than the start. */
  readonly intervalSeconds: () => number;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly post: (message: FromDiscovery) => void;
};

export type DiscoveryLoop = {
  readonly handle: (message: ToDiscovery) => void;
  /** Resolves when `signal` has ended the loop. */
  readonly ended: Promise<void>;
};

/** Scopes with an endpoint that is about to change state are read again this soon (starting value). */
const transitionalMs = 10_000;
/** After a pass that gave nothing; doubles with every further one, up to the interval. */
const retryMs = 1_000;

/** Discovers again and again until `signal` aborts, and posts what changed; a pass that fails leaves the last routes in use. */
export function startDiscoveryLoop(options: LoopOptions, signal: AbortSignal): DiscoveryLoop {
  const { zoneId, post } = options;
  /** What was last told of each domain in use. */
  const inUse = new Map<string, string | undefined>();
  let routes: Routes | undefined;

  function textOf(domain: string): string | undefined {
    const route = routes?.get(domain);
    return route && writeRoute(route);
  }

  function tell(domain: string, route = textOf(domain)): void {
    inUse.set(domain, route);
    post({ kind: 'route', domain, route });
  }

  function publish(snapshot: Snapshot): void {
    const isFirst = routes === undefined;
    routes = resolveRoutes(snapshot, zoneId, routes);
    for (const [domain, told] of inUse) {
      const route = textOf(domain);
      if (isFirst || route !== told) tell(domain, route);
    }
  }

  // Before the first pass nothing is known, which is not the same as that there is no route.
  function handle({ domain }: ToDiscovery): void {
    if (routes) tell(domain);
    else inUse.set(domain, undefined);
  }

  async function repeat(): Promise<void> {
    await restoreOnce(options, publish);
    let failures = 0;
    while (!signal.aborted) {
      const outcome = await passOnce(options, signal, publish);
      failures = outcome === 'nothing' ? failures + 1 : 0;
      await options.clock.sleep(pauseMs(outcome, failures, options), signal).catch(() => {});
    }
  }

  return { handle, ended: repeat() };
}

/** Never rejects: a configuration that cannot be read is said by the first pass, and requests wait for that when nothing was restored. */
async function restoreOnce({ restored, post }: LoopOptions, publish: Publish): Promise<void> {
  const snapshot = await restored().catch(() => undefined);
  if (!snapshot) return;
  for (const reason of snapshot.warnings ?? []) post({ kind: 'problem', reason });
  const scopes = observationsOf(snapshot);
  if (scopes.length === 0) return;
  publish(snapshot);
  post({ kind: 'observed', scopes });
}

type Publish = (snapshot: Snapshot) => void;

/** What a pass gave: nothing, endpoints one of which AWS will change soon, or such as may stay. */
type Outcome = 'nothing' | 'transitional' | 'settled';

/** Never rejects: this loop is the plugin's only source of targets. */
async function passOnce({ discover, post }: LoopOptions, signal: AbortSignal, publish: Publish): Promise<Outcome> {
  try {
    const snapshot = await discover(signal);
    for (const state of snapshot.scopes)
      if (state.status === 'unknown') post({ kind: 'problem', reason: state.reason });
    for (const reason of snapshot.warnings ?? []) post({ kind: 'problem', reason });
    const scopes = observationsOf(snapshot);
    if (scopes.length > 0) publish(snapshot);
    post({ kind: 'observed', scopes });
    if (scopes.length === 0) return 'nothing';
    return transitionalScopes(snapshot).length > 0 ? 'transitional' : 'settled';
  } catch (thrown) {
    if (signal.aborted) return 'nothing';
    post({ kind: 'problem', reason: messageOf(thrown) });
    post({ kind: 'observed', scopes: [] });
    return 'nothing';
  }
}

function observationsOf({ scopes }: Snapshot): readonly (readonly [string, number])[] {
  return scopes.flatMap((state) => {
    const observedAtMs = state.status === 'known' ? state.observedAtMs : state.lastGood?.observedAtMs;
    return observedAtMs === undefined ? [] : [[state.scope.id, observedAtMs] as const];
  });
}

function pauseMs(outcome: Outcome, failures: number, { intervalSeconds, random }: LoopOptions): number {
  const longestMs = { nothing: retryMs * 2 ** (failures - 1), transitional: transitionalMs, settled: Infinity };
  return Math.min(longestMs[outcome], intervalSeconds() * 1_000) * (0.9 + 0.2 * random());
}
