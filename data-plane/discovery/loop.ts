import { transitionalScopes } from '#core/endpoint-states';
import { messageOf } from '#core/errors';
import type { Snapshot } from '#core/model';
import { unknownScopes } from '#core/snapshot';
import { jittered } from '#core/timing/backoff';
import type { Clock } from '#core/timing/clock';
import { agesOf } from '../reach/ages';
import type { ToDiscovery } from './orders';
import { createRoutePosts, type PostRoutes, type RoutePostsOptions } from './route-posts';

export type LoopOptions = RoutePostsOptions & {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  /**
   * Returns the knowledge of an earlier process. It serves until the first pass has ended, however
   * slow AWS is.
   */
  readonly restored: () => Promise<Snapshot>;
  /** Reads the configuration again. A pass begins at once, or after the running pass. */
  readonly reload?: () => void;
  /** Called after each pass. */
  readonly onPass?: () => void;
  /** Called after each pass: the configuration may be read after the start. */
  readonly intervalSeconds: () => number;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export type DiscoveryLoop = {
  readonly handle: (message: ToDiscovery) => void;
  /** Resolves when `signal` has ended the loop. */
  readonly ended: Promise<void>;
};

/** Scopes with an endpoint that is about to change state are read again this soon. */
const transitionalMs = 10_000;
/**
 * Pause after a pass without a result, in milliseconds. Each further such pass doubles the pause,
 * up to the interval.
 */
const retryMs = 1_000;

/**
 * Discovers again and again until `signal` aborts, and posts changes. A failed pass leaves the last
 * routes in use.
 */
export function startDiscoveryLoop(options: LoopOptions, signal: AbortSignal): DiscoveryLoop {
  const { postRoutes, ...use } = createRoutePosts(options);
  /** Ends the pause after the running pass, or before the next pass. */
  let wait = new AbortController();

  function handle(message: ToDiscovery): void {
    if (message.kind === 'use') use.begin(message);
    if (message.kind === 'release') use.end(message.domain);
    if (message.kind === 'zone') use.moveTo(message.zoneId);
    if (message.kind === 'names') use.name();
    if (message.kind === 'reload') reload();
  }

  function reload(): void {
    options.reload?.();
    wait.abort();
  }

  async function repeat(): Promise<void> {
    signal.addEventListener('abort', () => wait.abort(), { once: true });
    await restoreOnce(options, postRoutes);
    let failures = 0;
    while (!signal.aborted) {
      wait = new AbortController();
      const outcome = await passOnce(options, signal, postRoutes);
      failures = outcome === 'nothing' ? failures + 1 : 0;
      options.onPass?.();
      await options.clock.sleep(pauseMs(outcome, failures, options), wait.signal).catch(() => {});
    }
  }

  return { handle, ended: repeat() };
}

/**
 * Never rejects: the first pass reports an unreadable configuration. Requests wait for that pass
 * when nothing was restored.
 */
async function restoreOnce({ restored, post }: LoopOptions, postRoutes: PostRoutes): Promise<void> {
  const snapshot = await restored().catch(() => undefined);
  if (!snapshot) return;
  for (const reason of snapshot.warnings ?? []) post({ kind: 'problem', reason });
  try {
    if (agesOf(snapshot).length > 0) postRoutes(snapshot);
  } catch (thrown) {
    post({ kind: 'problem', reason: `the last known state cannot be used: ${messageOf(thrown)}` });
  }
}

/** The result of a pass: nothing, endpoints close to a change of state, or settled endpoints. */
type Found = 'nothing' | 'transitional' | 'settled';

/** Never rejects: this loop is the plugin's only source of targets. */
async function passOnce({ discover, post }: LoopOptions, signal: AbortSignal, postRoutes: PostRoutes): Promise<Found> {
  try {
    const snapshot = await discover(signal);
    for (const { reason } of unknownScopes(snapshot)) post({ kind: 'problem', reason });
    for (const reason of snapshot.warnings ?? []) post({ kind: 'problem', reason });
    if (agesOf(snapshot).length === 0) {
      post({ kind: 'observed', ages: [] });
      return 'nothing';
    }
    postRoutes(snapshot);
    return transitionalScopes(snapshot).length > 0 ? 'transitional' : 'settled';
  } catch (thrown) {
    if (signal.aborted) return 'nothing';
    post({ kind: 'problem', reason: messageOf(thrown) });
    post({ kind: 'observed', ages: [] });
    return 'nothing';
  }
}

function pauseMs(outcome: Found, failures: number, { intervalSeconds, random }: LoopOptions): number {
  const longestMs = { nothing: retryMs * 2 ** (failures - 1), transitional: transitionalMs, settled: Infinity };
  return jittered(Math.min(longestMs[outcome], intervalSeconds() * 1_000), random);
}
