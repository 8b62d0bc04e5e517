import type { Scope } from '#core/model';
import type { Clock } from '#core/timing/clock';

/** The calls that AWS limits together: one action in one account and region. */
export type CallKind = Pick<Scope, 'account' | 'region'> & { readonly action: string };

/** Keeps calls below a rate. */
export type CallBudget = {
  /** Resolves when a call may be made; rejects with the signal's reason. */
  take(kind: CallKind, signal: AbortSignal): Promise<void>;
};

export type CallBudgetOptions = {
  readonly clock: Clock;
  /** Calls that may start at once after a pause. */
  readonly burst?: number;
  readonly perSecond?: number;
};

/**
 * One token bucket for each kind of call. The default is half of AWS's limit for Describe* calls,
 * which is a burst of 100 and 20 per second (fm-08).
 */
export function createCallBudget({ clock, burst = 50, perSecond = 10 }: CallBudgetOptions): CallBudget {
  const buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();
  return {
    take: async ({ account, region, action }, signal) => {
      signal.throwIfAborted();
      const key = `${account} ${region} ${action}`;
      const nowMs = clock.monotonicMs();
      const { tokens, atMs } = buckets.get(key) ?? { tokens: burst, atMs: nowMs };
      const left = Math.min(burst, tokens + ((nowMs - atMs) * perSecond) / 1_000) - 1;
      // A negative number is a queue. A caller that leaves the queue returns no token, because the
      // callers behind it keep their times.
      buckets.set(key, { tokens: left, atMs: nowMs });
      if (left < 0) await clock.sleep(Math.ceil((-left * 1_000) / perSecond), signal);
    },
  };
}
