import { type ErrorCode, messageOf, PrivatelinkError } from '#core/errors';
import type { KnownScope, LastGood, Scope, ScopeState, Snapshot } from '#core/model';
import { type Clocks, createTimeline } from '#core/timing/clock';
import type { HoldValue } from '#io/held';
import { type Asked, judgeAccount } from './aws/caller';
import { createHeldGoods } from './held-goods';
import type { LastGoodStore } from './snapshot/last-good';
import { moveGood, newestMs } from './snapshot/observed-times';
import type { Answer } from './source';

export type Failure = { readonly code: ErrorCode; readonly reason: string };

/** The error as a failure of `asked`; the reason names `asked` when the message does not. */
export function failureOf(thrown: unknown, asked: string): Failure {
  if (thrown instanceof PrivatelinkError) return { code: thrown.code, reason: thrown.message };
  return { code: 'BAD_ANSWER', reason: `${asked} could not be read: ${messageOf(thrown)}` };
}

/** The result of one scope in one pass. Without `failure`, its answer is the new last good one. */
export type Read = {
  readonly scope: Scope;
  readonly failure?: Failure;
  /** The account that answered. The remembered account may be another one. */
  readonly account?: Pick<KnownScope, 'accountId' | 'isAccountKept'>;
};

/**
 * The last answer of each scope. When the wall clock is set, all times in it move by the same step,
 * so that ages and order stay right (fm-41).
 */
export type ScopeMemory = {
  /**
   * Takes over, once, what an earlier process left in the store, for scopes that were not read
   * since. Never rejects. Call it only where needed: reading the store costs as much as a pass.
   */
  restore(): Promise<void>;
  /**
   * Keeps an answer. Its time is `startedMs` (monotonic), or its own earlier time. Throws
   * PrivatelinkError when the answer may come from another account.
   */
  keep(asked: Asked, answer: Answer, startedMs: number): Read;
  forget(scopes: readonly Scope[]): void;
  /** The snapshot after these results, with warnings about clocks. */
  recall(read: readonly Read[]): Snapshot & { readonly warnings: readonly string[] };
  /** The same snapshot with the remembered account of each scope. */
  kept(snapshot: Snapshot): Snapshot;
};

/** A difference up to this is normal between clocks of two machines. */
const leastAheadMs = 1_000;

/** `hold` keeps the answers between passes. */
export function createScopeMemory(
  clock: Clocks,
  hold: HoldValue,
  store: Pick<LastGoodStore, 'read'> | undefined,
): ScopeMemory {
  const lastGood = createHeldGoods(hold);
  const timeline = createTimeline(clock);
  const warnings: string[] = [];
  let restoring: Promise<void> | undefined;

  function follow(): void {
    const stepMs = timeline.follow();
    if (stepMs === 0) return;
    lastGood.change((good) => moveGood(good, stepMs));
    warnings.push(stepWarning(stepMs));
  }

  async function restoreOnce(): Promise<void> {
    const { known, warning } = (await store?.read()) ?? { known: new Map<string, LastGood>() };
    const aheadMs = Math.max(...[...known.values()].map(newestMs)) - timeline.wallOf(clock.monotonicMs());
    for (const [id, good] of known)
      if (!lastGood.has(id)) lastGood.set(id, aheadMs > 0 ? moveGood(good, -aheadMs) : good);
    if (warning) warnings.push(warning);
    if (aheadMs > leastAheadMs) warnings.push(futureWarning(aheadMs));
  }

  return {
    restore: () => {
      restoring ??= restoreOnce();
      return restoring;
    },
    keep: (asked, { observedAtMs = Infinity, accountId, ...discovered }, startedMs) => {
      follow();
      const { scope } = asked;
      const good = { discovered, observedAtMs: Math.min(observedAtMs, timeline.wallOf(startedMs)), accountId };
      const { isAccountKept, ...kept } = judgeAccount(asked, good, () => lastGood.get(scope.id));
      lastGood.set(scope.id, { ...good, ...kept });
      return { scope, account: { accountId, isAccountKept } };
    },
    forget: (scopes) => {
      for (const { id } of scopes) lastGood.forget(id);
    },
    kept: (snapshot) => ({
      ...snapshot,
      scopes: snapshot.scopes.map((state) =>
        state.status === 'known' ? { ...state, accountId: lastGood.accountOf(state.scope.id) } : state,
      ),
    }),
    recall: (read) => {
      follow();
      const scopes = read.map((one) => stateOf(one, lastGood.get(one.scope.id)));
      lastGood.rest();
      return { takenAtMs: timeline.wallOf(clock.monotonicMs()), scopes, warnings: warnings.splice(0) };
    },
  };
}

/** The failure of a scope that has not been read yet. */
export function unread({ id }: Scope): Failure {
  return { code: 'UNCONFIRMED', reason: `scope ${id} has not been read since the start` };
}

function stateOf({ scope, failure, account }: Read, good: LastGood | undefined): ScopeState {
  if (failure || !good) return { status: 'unknown', scope, ...(failure ?? unread(scope)), lastGood: good };
  return { status: 'known', scope, ...good, ...account };
}

const checkClock = 'check what sets the clock of this machine';

function stepWarning(stepMs: number): string {
  const by = `${stepMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(stepMs) / 1_000)} s`;
  return `the clock of this machine was set ${by}; known data keeps its age; if this is unexpected, ${checkClock}`;
}

function futureWarning(aheadMs: number): string {
  const by = `${Math.round(aheadMs / 1_000)} s`;
  return `known data is from ${by} in the future by the clock of this machine; it is taken as from now; ${checkClock}`;
}
