import type { Clock } from '#core/timing/clock';
import type { AddressRecord, Resolver, SrvRecord } from './resolver';
import { type History, recordsInUse, withAnswer } from './rotation';

/**
 * Bounds of a time to live. 0 would ask at every look, and a long one would hide a change (fm-20).
 */
const ttlSeconds = { least: 1, most: 300 };

/** For negative answers, and for SRV: Node does not tell the time to live of SRV records. */
const shortTtlSeconds = 5;

/** The last answer is used for this long while DNS does not answer. */
const maxAgeMs = 3_600_000;

export type Answered<T> = {
  /** The last answer. For a rotating name: all answers of the last hour. */
  readonly records: readonly T[];
  /** The last answer alone. */
  readonly latest: readonly T[];
  /** Start of the question for the last answer, by the monotonic clock. */
  readonly askedAtMs: number;
};

type Look<T> = (name: string, signal: AbortSignal) => Promise<T>;

export type DnsCache = {
  readonly resolve4: Look<Answered<AddressRecord>>;
  readonly resolve6: Look<Answered<AddressRecord>>;
  readonly resolveSrv: Look<Answered<SrvRecord>>;
};

/**
 * Keeps answers for their time to live (1 to 300 s), and negative answers for 5 s. After an error
 * the last answer is used until it is an hour old. Each look rejects as the resolver does.
 */
export function cacheAnswers(resolver: Resolver, clock: Pick<Clock, 'monotonicMs'>): DnsCache {
  const ofAddress = {
    clock,
    ttlOf: ({ ttlSeconds: ttl }: AddressRecord) => ttl,
    keyOf: ({ address }: AddressRecord) => address,
  };
  const keyOf = ({ priority, port, name }: SrvRecord) => `${priority} ${port} ${name}`;
  return {
    resolve4: cached(resolver.resolve4, ofAddress),
    resolve6: cached(resolver.resolve6, ofAddress),
    resolveSrv: cached(resolver.resolveSrv, { clock, ttlOf: () => shortTtlSeconds, keyOf }),
  };
}

type CacheOptions<T> = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly ttlOf: (record: T) => number;
  readonly keyOf: (record: T) => string;
};

type Kept<T> = {
  readonly latest: readonly T[];
  readonly askedAtMs: number;
  readonly freshUntilMs: number;
  /** Absent until an answer has a record. */
  readonly history?: History<T>;
};

function cached<T>(look: Look<readonly T[]>, { clock, ttlOf, keyOf }: CacheOptions<T>): Look<Answered<T>> {
  const answers = new Map<string, Kept<T>>();

  function answerOf({ latest, askedAtMs, history }: Kept<T>): Answered<T> {
    const records = history && latest.length > 0 ? recordsInUse(history, clock.monotonicMs()) : latest;
    return { records, latest, askedAtMs };
  }

  return async (name, signal) => {
    const kept = answers.get(name);
    const askedAtMs = clock.monotonicMs();
    if (kept && askedAtMs < kept.freshUntilMs) return answerOf(kept);
    try {
      const latest = await look(name, signal);
      const history = latest.length > 0 ? withAnswer(kept?.history, latest, { keyOf, atMs: askedAtMs }) : kept?.history;
      const answer = { latest, askedAtMs, freshUntilMs: askedAtMs + lifetimeMs(latest.map(ttlOf)), history };
      answers.set(name, answer);
      return answerOf(answer);
    } catch (thrown) {
      signal.throwIfAborted();
      if (kept && clock.monotonicMs() - kept.askedAtMs <= maxAgeMs) return answerOf(kept);
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
