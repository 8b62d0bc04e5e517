import type { Clock } from '../core/clock';
import { concurrently } from '../core/concurrently';
import { type ErrorCode, messageOf, PrivatelinkError } from '../core/errors';
import type { LastGood, Scope, ScopeState, Snapshot } from '../core/model';
import { compareText } from '../core/targets';
import { disownedIn, judgeAccount } from './account';
import { holdEmpty } from './hold-empty';
import type { LastGoodStore } from './last-good';
import type { Source } from './source';
import { withinDeadline } from './within-deadline';

export type DiscoverOptions = {
  readonly clock: Pick<Clock, 'now'>;
  /** Scopes read at once; default 4. */
  readonly concurrency?: number;
  /** Time a scope gets to answer as a whole; default 30 s. */
  readonly scopeTimeoutMs?: number;
  /** Absent: a new process starts with nothing known. */
  readonly lastGoodStore?: LastGoodStore;
};

export type Discoverer = {
  /** What an earlier process left in the store, all of it unknown now; reads no source and never rejects. */
  restored(): Promise<Snapshot>;
  /** Forgets what scopes said that turned out to be of another account (code OTHER_ACCOUNT), and keeps the rest. */
  disown(snapshot: Snapshot): Promise<void>;
  /** Reads every scope. Never rejects but with the signal's reason: a scope that fails is unknown and keeps its last good. */
  discover(signal: AbortSignal): Promise<Snapshot>;
};

/** Keeps the last good answer of each scope in memory between calls, and in the store, from which the first call takes what was known before. */
export function createDiscoverer(
  sources: readonly Source[],
  { clock, concurrency = 4, scopeTimeoutMs = 30_000, lastGoodStore: store }: DiscoverOptions,
): Discoverer {
  const lastGood = new Map<string, LastGood>();
  let isRestored = false;
  const scoped = sources.map(holdEmpty).flatMap((source) => source.scopes().map((scope) => ({ source, scope })));
  scoped.sort((a, b) => compareText(a.scope.id, b.scope.id));

  async function readScope(
    { source, scope }: { readonly source: Source; readonly scope: Scope },
    signal: AbortSignal,
  ): Promise<ScopeState> {
    const deadline = { signal, timeoutMs: scopeTimeoutMs, asked: `scope ${scope.id}` };
    try {
      const answer = await withinDeadline((own) => source.discover(scope, own), deadline);
      const { observedAtMs = clock.now(), accountId, ...discovered } = answer;
      const good = { discovered, observedAtMs, accountId };
      const { isAccountKept, ...kept } = judgeAccount({ scope, own: source.ownAccount }, good, lastGood.get(scope.id));
      lastGood.set(scope.id, { ...good, ...kept });
      return { status: 'known', scope, ...good, isAccountKept };
    } catch (thrown) {
      signal.throwIfAborted();
      return { status: 'unknown', scope, ...describe(thrown, scope), lastGood: lastGood.get(scope.id) };
    }
  }

  async function restore(): Promise<readonly string[]> {
    if (isRestored || !store) return [];
    isRestored = true;
    const { known, warning } = await store.read();
    for (const [id, good] of known) lastGood.set(id, good);
    return warning ? [warning] : [];
  }

  function unread(scope: Scope): ScopeState {
    const reason = `scope ${scope.id} was not read yet since the start`;
    return { status: 'unknown', scope, code: 'UNCONFIRMED', reason, lastGood: lastGood.get(scope.id) };
  }

  return {
    restored: async () => {
      const warnings = await restore();
      return { takenAtMs: clock.now(), scopes: scoped.map(({ scope }) => unread(scope)), warnings };
    },
    disown: async (snapshot) => {
      for (const { id } of disownedIn(snapshot)) lastGood.delete(id);
      await store?.write(snapshot);
    },
    discover: async (signal) => {
      const restored = await restore();
      const scopes = await concurrently(scoped, concurrency, (one) => readScope(one, signal));
      const snapshot = { takenAtMs: clock.now(), scopes };
      const { warning } = (await store?.write(snapshot)) ?? {};
      return { ...snapshot, warnings: warning ? [...restored, warning] : restored };
    },
  };
}

function describe(thrown: unknown, scope: Scope): { readonly code: ErrorCode; readonly reason: string } {
  if (thrown instanceof PrivatelinkError) return { code: thrown.code, reason: thrown.message };
  return { code: 'BAD_ANSWER', reason: `scope ${scope.id} could not be read: ${messageOf(thrown)}` };
}
