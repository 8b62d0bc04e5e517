import { messageOf, PrivatelinkError } from '#core/errors';
import { backoffMs } from '#core/timing/backoff';
import type { Clock } from '#core/timing/clock';

/** What the thread that finds the own zone tells. */
export type FromZone =
  | { readonly kind: 'zone'; readonly zoneId: string }
  | { readonly kind: 'problem'; readonly reason: string };

export type ZoneLookupOptions = {
  readonly find: (signal: AbortSignal) => Promise<string>;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly post: (message: FromZone) => void;
};

/** Tries until the own zone is found, and posts it; gives up where there is nothing to ask. Never rejects. */
export async function lookUpZone({ find, clock, random, post }: ZoneLookupOptions, signal: AbortSignal): Promise<void> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      post({ kind: 'zone', zoneId: await find(signal) });
      return;
    } catch (thrown) {
      if (signal.aborted) return;
      post({ kind: 'problem', reason: messageOf(thrown) });
      if (!(thrown instanceof PrivatelinkError && thrown.transient)) return;
    }
    await clock.sleep(backoffMs(failures, random), signal).catch(() => {});
  }
}
