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
  /** Absent: a new process starts with nothing known. */
  readonly lastGoodStore?: LastGoodStore;
  /** How what scopes said is kept between calls; as it is when absent. */
  readonly hold?: HoldValue;
};

export type Discoverer = {
  /** What an earlier process left in the store, all of it unknown now; reads no source and never rejects. */
  restored(): Promise<Snapshot>;
  /** Forgets what scopes said that turned out to be of another account (code OTHER_ACCOUNT), and keeps the rest. */
  settle(snapshot: Snapshot): Promise<void>;
  /** Reads every scope. Never rejects but with the signal's reason: a scope that fails is unknown and keeps its last good. */
  discover(signal: AbortSignal): Promise<Snapshot>;
};

/**
 * Keeps the last good answer of each scope in memory between calls, and in the store, from which the first call takes what was known before.
 * What a call reads directly was observed as the call began.
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
      // Whose the answer is shows beside what was known before.
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

/** What was kept, judged by what the configuration says now. */
async function readJudged(store: LastGoodStore, scoped: readonly Scoped[]): ReturnType<LastGoodStore['read']> {
  const { known, warning } = await store.read();
  const judged = scoped.flatMap(({ scope, source: { allow = {} } }) => {
    const good = known.get(scope.id);
    return good ? [[scope.id, { ...good, discovered: adopt(good.discovered, { allow, scope }) }] as const] : [];
  });
  return { known: new Map(judged), warning };
}
