import type { Clock } from '../core/clock';
import { isTransitional } from '../core/endpoint-states';
import { messageOf } from '../core/errors';
import type { Snapshot } from '../core/model';
import { buildTable, type Table } from './resolve';

/** What discovery knows, for the request path: reading it never waits. */
export type Feed = {
  /** The data plane has sources to discover from. */
  readonly hasSources: boolean;
  /** The newest table; undefined before the first pass has ended. */
  current(): Table | undefined;
  /** The first table, waited for at most half a second: only the first requests after a start have to. */
  first(): Promise<Table | undefined>;
};

export type FeedOptions = {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly zoneId: string | undefined;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly onError: (message: string) => void;
};

const firstWaitMs = 500;
/** Scopes with an endpoint that is about to change state are read again this soon (starting value). */
const transitionalMs = 10_000;
/** After a first pass in which nothing was known, the next come quickly, then at the interval. */
const retryMs = 1_000;

/** A feed for a data plane without configuration: nothing is ever resolved. */
export const emptyFeed: Feed = { hasSources: false, current: () => undefined, first: async () => undefined };

/** Discovers again and again until `signal` aborts; a pass that fails leaves the last table in use. */
export function startFeed(options: FeedOptions, signal: AbortSignal): Feed {
  const { clock } = options;
  let table: Table | undefined;
  let arrived: () => void = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  void repeat(options, signal, (snapshot) => {
    const isKnown = snapshot.scopes.some((state) => state.status === 'known' || state.lastGood);
    if (!isKnown) return;
    table = buildTable(snapshot, options.zoneId);
    arrived();
  });
  return {
    hasSources: true,
    current: () => table,
    first: async () => {
      await Promise.race([arrival, clock.sleep(firstWaitMs, signal).catch(() => {})]);
      return table;
    },
  };
}

async function repeat(options: FeedOptions, signal: AbortSignal, publish: (snapshot: Snapshot) => void): Promise<void> {
  while (!signal.aborted) {
    const snapshot = await passOnce(options, signal);
    if (snapshot) publish(snapshot);
    await options.clock.sleep(pauseMs(snapshot, options), signal).catch(() => {});
  }
}

async function passOnce({ discover, onError }: FeedOptions, signal: AbortSignal): Promise<Snapshot | undefined> {
  try {
    const snapshot = await discover(signal);
    for (const state of snapshot.scopes) if (state.status === 'unknown') onError(state.reason);
    return snapshot;
  } catch (thrown) {
    if (!signal.aborted) onError(messageOf(thrown));
    return undefined;
  }
}

function pauseMs(snapshot: Snapshot | undefined, { intervalSeconds, random }: FeedOptions): number {
  const intervalMs = intervalSeconds * 1_000 * (0.9 + 0.2 * random());
  if (!snapshot || snapshot.scopes.every((state) => state.status === 'unknown' && !state.lastGood))
    return Math.min(retryMs, intervalMs);
  return hasTransitional(snapshot) ? Math.min(transitionalMs, intervalMs) : intervalMs;
}

function hasTransitional({ scopes }: Snapshot): boolean {
  return scopes.some(
    (state) => state.status === 'known' && state.discovered.endpoints.some((one) => isTransitional(one.state)),
  );
}
