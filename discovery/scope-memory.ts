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

/** What was thrown, as the failure of `asked`, which is named where the message does not. */
export function failureOf(thrown: unknown, asked: string): Failure {
  if (thrown instanceof PrivatelinkError) return { code: thrown.code, reason: thrown.message };
  return { code: 'BAD_ANSWER', reason: `${asked} could not be read: ${messageOf(thrown)}` };
}

/** One scope in one pass; without failure, its last good is what it just said. */
export type Read = {
  readonly scope: Scope;
  readonly failure?: Failure;
  /** The account that answered, which is not always the one to keep. */
  readonly account?: Pick<KnownScope, 'accountId' | 'isAccountKept'>;
};

/** What each scope said last. When the wall clock is set, all times in it move along, so that ages and order stay what they are (fm-41). */
export type ScopeMemory = {
  /** Takes over, once, what an earlier process left in the store, of scopes that were not read meanwhile; never rejects. Reading it costs as much as a pass: only where it is needed. */
  restore(): Promise<void>;
  /** Keeps an answer: of `startedMs` by the monotonic clock, or of before where it says so. Throws PrivatelinkError where it may be of another account. */
  keep(asked: Asked, answer: Answer, startedMs: number): Read;
  forget(scopes: readonly Scope[]): void;
  /** The snapshot after these were read, with what there is to say about times. */
  recall(read: readonly Read[]): Snapshot & { readonly warnings: readonly string[] };
  /** The same snapshot with the accounts that are to be kept of its scopes. */
  kept(snapshot: Snapshot): Snapshot;
};

/** Files are written by clocks that may go before this one by a moment. */
const leastAheadMs = 1_000;

/** Between passes it keeps what scopes said as `hold` does. */
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

/** Why a scope is unknown that nobody has read. */
export function unread({ id }: Scope): Failure {
  return { code: 'UNCONFIRMED', reason: `scope ${id} was not read yet since the start` };
}

function stateOf({ scope, failure, account }: Read, good: LastGood | undefined): ScopeState {
  if (failure || !good) return { status: 'unknown', scope, ...(failure ?? unread(scope)), lastGood: good };
  return { status: 'known', scope, ...good, ...account };
}

const checkClock = 'check what sets the clock of this machine';

function stepWarning(stepMs: number): string {
  const by = `${stepMs > 0 ? 'forward' : 'back'} by ${Math.round(Math.abs(stepMs) / 1_000)} s`;
  return `the clock of this machine was set ${by}; what is known keeps its age; if that is a surprise, ${checkClock}`;
}

function futureWarning(aheadMs: number): string {
  const by = `${Math.round(aheadMs / 1_000)} s`;
  return `what was known before is from ${by} in the future by the clock of this machine: it counts as of now; ${checkClock}`;
}
