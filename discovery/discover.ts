import type { Clock } from '../core/clock';
import { concurrently } from '../core/concurrently';
import { type ErrorCode, messageOf, PrivatelinkError } from '../core/errors';
import type { Scope, ScopeState, Snapshot } from '../core/model';
import { compareText } from '../core/targets';
import type { Source } from './source';

export type DiscoverOptions = {
  readonly clock: Pick<Clock, 'now'>;
  /** Scopes read at once; default 4. */
  readonly concurrency?: number;
  /** Time a scope gets to answer as a whole; default 30 s. */
  readonly scopeTimeoutMs?: number;
};

export type Discoverer = {
  /** Reads every scope. Never rejects but with the signal's reason: a scope that fails is unknown and keeps its last good. */
  discover(signal: AbortSignal): Promise<Snapshot>;
};

type LastGood = NonNullable<Extract<ScopeState, { status: 'unknown' }>['lastGood']>;

/** Keeps the last good answer of each scope in memory between calls. */
export function createDiscoverer(
  sources: readonly Source[],
  { clock, concurrency = 4, scopeTimeoutMs = 30_000 }: DiscoverOptions,
): Discoverer {
  const lastGood = new Map<string, LastGood>();
  const scoped = sources.flatMap((source) => source.scopes().map((scope) => ({ source, scope })));
  scoped.sort((a, b) => compareText(a.scope.id, b.scope.id));

  async function readScope(
    { source, scope }: { readonly source: Source; readonly scope: Scope },
    signal: AbortSignal,
  ): Promise<ScopeState> {
    signal.throwIfAborted();
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(scopeTimeoutMs)]);
    try {
      const discovered = await untilAborted(source.discover(scope, deadline), deadline);
      const good = { discovered, observedAtMs: clock.now() };
      lastGood.set(scope.id, good);
      return { status: 'known', scope, ...good };
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = deadline.aborted ? lateness(scope, scopeTimeoutMs) : describe(thrown, scope);
      return { status: 'unknown', scope, ...failure, lastGood: lastGood.get(scope.id) };
    }
  }

  return {
    discover: async (signal) => {
      const scopes = await concurrently(scoped, concurrency, (one) => readScope(one, signal));
      return { takenAtMs: clock.now(), scopes };
    },
  };
}

/** What `work` gives, or the signal's reason at once: the SDK waits between its tries without looking at the signal. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

type Failure = { readonly code: ErrorCode; readonly reason: string };

function lateness({ id }: Scope, timeoutMs: number): Failure {
  return {
    code: 'TIMEOUT',
    reason: `scope ${id} did not answer within ${timeoutMs / 1_000} s; it is tried again in the next pass; check the route to its API`,
  };
}

function describe(thrown: unknown, scope: Scope): Failure {
  if (thrown instanceof PrivatelinkError) return { code: thrown.code, reason: thrown.message };
  return { code: 'BAD_ANSWER', reason: `scope ${scope.id} could not be read: ${messageOf(thrown)}` };
}
