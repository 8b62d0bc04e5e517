import { type Config, defaultDiscovery } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import type { Snapshot } from '#core/model';
import type { Clocks } from '#core/timing/clock';
import { concurrently } from '#io/concurrently';
import { type HoldValue, holdAsItIs } from '#io/held';
import { withinDeadline } from '#io/signals';
import { adopt } from './admission/adopt';
import { disownedIn } from './aws/caller';
import { holdEmpty } from './hold-empty';
import { createHungRegions } from './hung-regions';
import { createScopeMemory, failureOf, type Read, unread } from './scope-memory';
import type { LastGoodStore } from './snapshot/last-good';
import type { ScopeReader, Source } from './source';

export type DiscoverOptions = Partial<Config['discovery']> & {
  readonly clock: Clocks;
  /** Absent: a new process knows nothing at its start. */
  readonly lastGoodStore?: LastGoodStore;
  /** How answers are kept between calls; absent: unchanged. */
  readonly hold?: HoldValue;
};

export type Discoverer = {
  /**
   * What an earlier process left in the store; every scope is unknown now. Reads no source, and
   * never rejects.
   */
  restored(): Promise<Snapshot>;
  /**
   * Forgets answers that turned out to come from another account (code OTHER_ACCOUNT), and stores
   * the rest.
   */
  settle(snapshot: Snapshot): Promise<void>;
  /**
   * Reads every scope. Rejects only with the signal's reason: a failed scope is unknown and keeps
   * its last good answer.
   */
  discover(signal: AbortSignal): Promise<Snapshot>;
};

/**
 * Keeps the last good answer of each scope in memory and in the store. The first call takes earlier
 * knowledge from the store. The time of a direct answer is the start of its call.
 */
export function createDiscoverer(
  sources: readonly Source[],
  { clock, lastGoodStore: store, hold = holdAsItIs, ...settings }: DiscoverOptions,
): Discoverer {
  const { concurrency, scopeTimeoutSeconds } = { ...defaultDiscovery, ...settings };
  const scoped = sources.flatMap((source) => source.scopes().map((one) => ({ source, ...holdEmpty(one, clock) })));
  scoped.sort((a, b) => compareText(a.scope.id, b.scope.id));
  const memory = createScopeMemory(clock, hold, store && { read: () => readJudged(store, scoped) });

  async function readScope({ source, scope, discover }: Scoped, startedMs: number, signal: AbortSignal): Promise<Read> {
    const asked = `scope ${scope.id}`;
    const deadline = { signal, timeoutMs: scopeTimeoutSeconds * 1_000, asked };
    try {
      const answer = await withinDeadline(discover, deadline);
      // The remembered account shows whether the answer comes from the same one.
      if (scope.account === 'self') await memory.restore();
      return memory.keep({ scope, own: source.ownAccount }, answer, startedMs);
    } catch (thrown) {
      signal.throwIfAborted();
      await memory.restore();
      return { scope, failure: failureOf(thrown, asked) };
    }
  }

  return {
    restored: async () => {
      await memory.restore();
      return memory.recall(scoped.map(({ scope }) => ({ scope, failure: unread(scope) })));
    },
    settle: async (snapshot) => {
      const disowned = disownedIn(snapshot);
      if (disowned.length === 0) return;
      memory.forget(disowned);
      await store?.write(memory.kept(snapshot));
    },
    discover: async (signal) => {
      const startedMs = clock.monotonicMs();
      const hung = createHungRegions();
      const read = await concurrently(scoped, { limit: concurrency, signal }, async (one, own) => {
        const failure = hung.whyPassedOver(one.scope);
        if (failure) return { scope: one.scope, failure };
        const said = await readScope(one, startedMs, own);
        hung.record(said);
        return said;
      });
      const { warnings, ...snapshot } = memory.recall(read);
      const { warning } = (await store?.write(memory.kept(snapshot))) ?? {};
      return { ...snapshot, warnings: warning ? [...warnings, warning] : warnings };
    },
  };
}

type Scoped = ScopeReader & { readonly source: Source };

/** The stored answers, judged by the current configuration. */
async function readJudged(store: LastGoodStore, scoped: readonly Scoped[]): ReturnType<LastGoodStore['read']> {
  const { known, warning } = await store.read();
  const judged = scoped.flatMap(({ scope, source: { allow = {} } }) => {
    const good = known.get(scope.id);
    return good ? [[scope.id, { ...good, discovered: adopt(good.discovered, { allow, scope }) }] as const] : [];
  });
  return { known: new Map(judged), warning };
}
