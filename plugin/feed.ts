import type { Clock } from '../core/clock';
import { isTransitional } from '../core/endpoint-states';
import { messageOf } from '../core/errors';
import type { Snapshot } from '../core/model';
import { buildTable, type Table } from './resolve';

/** What discovery knows, for the request path: reading it never waits. */
export type Feed = {
  /** The data plane has sources to discover from. */
  readonly hasSources: boolean;
  /** The newest table; undefined while no scope was ever known. */
  current(): Table | undefined;
  /** The first table, waited for until the first pass or half a second has ended; at once from then on, there or not. */
  first(): Promise<Table | undefined>;
};

export type FeedOptions = {
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly zoneId: string | undefined;
  /** Asked after each pass: the configuration may be read later than the start. */
  readonly intervalSeconds: () => number;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly onError: (message: string) => void;
};

const firstWaitMs = 500;
/** Scopes with an endpoint that is about to change state are read again this soon (starting value). */
const transitionalMs = 10_000;
/** After a pass that gave nothing; doubles with every further one, up to the interval. */
const retryMs = 1_000;

/** A feed for a data plane without configuration: nothing is ever resolved. */
export const emptyFeed: Feed = { hasSources: false, current: () => undefined, first: async () => undefined };

/** Discovers again and again until `signal` aborts; a pass that fails leaves the last table in use. */
export function startFeed(options: FeedOptions, signal: AbortSignal): Feed {
  const { clock, zoneId } = options;
  let table: Table | undefined;
  let firstWait: Promise<unknown> | undefined;
  const pass = () =>
    passOnce(options, signal, (snapshot) => {
      table = buildTable(snapshot, zoneId, table);
    });
  const firstPass = pass();

  async function repeat(): Promise<void> {
    let failures = 0;
    for (let outcome = await firstPass; !signal.aborted; outcome = await pass()) {
      failures = outcome === 'nothing' ? failures + 1 : 0;
      await clock.sleep(pauseMs(outcome, failures, options), signal).catch(() => {});
    }
  }

  void repeat();
  return {
    hasSources: true,
    current: () => table,
    first: async () => {
      // One wait for all: while AWS does not answer, only the first half second of requests is held up.
      firstWait ??= Promise.race([firstPass, clock.sleep(firstWaitMs, signal).catch(() => {})]);
      await firstWait;
      return table;
    },
  };
}

/** What a pass gave: nothing, a table of endpoints one of which AWS will change soon, or one that may stay. */
type Outcome = 'nothing' | 'transitional' | 'settled';

/** Never rejects: this loop is the plugin's only source of targets. */
async function passOnce(
  { discover, onError }: FeedOptions,
  signal: AbortSignal,
  publish: (snapshot: Snapshot) => void,
): Promise<Outcome> {
  try {
    const snapshot = await discover(signal);
    for (const state of snapshot.scopes) if (state.status === 'unknown') onError(state.reason);
    if (!snapshot.scopes.some((state) => state.status === 'known' || state.lastGood)) return 'nothing';
    publish(snapshot);
    return hasTransitional(snapshot) ? 'transitional' : 'settled';
  } catch (thrown) {
    if (!signal.aborted) onError(messageOf(thrown));
    return 'nothing';
  }
}

function pauseMs(outcome: Outcome, failures: number, { intervalSeconds, random }: FeedOptions): number {
  const longestMs = { nothing: retryMs * 2 ** (failures - 1), transitional: transitionalMs, settled: Infinity };
  return Math.min(longestMs[outcome], intervalSeconds() * 1_000) * (0.9 + 0.2 * random());
}

function hasTransitional({ scopes }: Snapshot): boolean {
  return scopes.some(
    (state) => state.status === 'known' && state.discovered.endpoints.some((one) => isTransitional(one.state)),
  );
}
