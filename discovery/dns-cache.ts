import type { Clock } from '../core/clock';
import type { Resolver } from './resolver';

/** Times to live of 0 would ask at every look, and long ones would hide a change (fm-20). */
const ttlSeconds = { least: 1, most: 300 };

/** For answers without records, and for SRV, of which node tells no time to live. */
const shortTtlSeconds = 5;

/** How long an answer stands in while DNS gives none. */
const maxAgeMs = 3_600_000;

type Kept<T> = { readonly records: readonly T[]; readonly answeredAtMs: number; readonly freshUntilMs: number };

/**
 * The same resolver, but answers are kept for their time to live, 1 to 300 s, negative ones for 5 s, and the last answer stands in
 * for an error until it is an hour old.
 */
export function cacheAnswers(resolver: Resolver, clock: Pick<Clock, 'now'>): Resolver {
  const timed = { clock, ttlOf: ({ ttlSeconds: ttl }: { readonly ttlSeconds: number }) => ttl };
  return {
    resolve4: cached(resolver.resolve4, timed),
    resolve6: cached(resolver.resolve6, timed),
    resolveSrv: cached(resolver.resolveSrv, { clock, ttlOf: () => shortTtlSeconds }),
  };
}

type Look<T> = (name: string, signal: AbortSignal) => Promise<readonly T[]>;

type CacheOptions<T> = { readonly clock: Pick<Clock, 'now'>; readonly ttlOf: (record: T) => number };

function cached<T>(look: Look<T>, { clock, ttlOf }: CacheOptions<T>): Look<T> {
  const answers = new Map<string, Kept<T>>();
  return async (name, signal) => {
    const kept = answers.get(name);
    if (kept && clock.now() < kept.freshUntilMs) return kept.records;
    try {
      const records = await look(name, signal);
      const answeredAtMs = clock.now();
      answers.set(name, { records, answeredAtMs, freshUntilMs: answeredAtMs + lifetimeMs(records.map(ttlOf)) });
      return records;
    } catch (thrown) {
      signal.throwIfAborted();
      if (kept && clock.now() - kept.answeredAtMs <= maxAgeMs) return kept.records;
      throw thrown;
    }
  };
}

/** An answer lives as long as its shortest record. */
function lifetimeMs(ttls: readonly number[]): number {
  if (ttls.length === 0) return shortTtlSeconds * 1_000;
  const shortest = ttls.reduce((a, b) => Math.min(a, b));
  return Math.min(Math.max(shortest, ttlSeconds.least), ttlSeconds.most) * 1_000;
}
