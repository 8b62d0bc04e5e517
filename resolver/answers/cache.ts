import type { Transport } from '../packets/query';

/** A given answer, kept for equal questions. */
export type KeptAnswer<T> = {
  readonly bytes: Buffer;
  /** The answer is valid for this revision of the feed. */
  readonly revision: number;
  /** The answer is valid up to this time (monotonic clock). */
  readonly untilMs: number;
  /** Further data that is kept with the answer. */
  readonly more: T;
};

export type AnswerCache<T> = {
  /** A copy with the id of this query; undefined when no valid answer is kept. */
  readonly find: (query: Buffer, transport: Transport, now: Moment) => KeptAnswer<T> | undefined;
  readonly keep: (query: Buffer, transport: Transport, kept: KeptAnswer<T>) => void;
};

type Moment = { readonly revision: number; readonly nowMs: number };

/** About the memory of an entry beside its bytes. */
const entryBytes = 250;

/**
 * Keeps answers by the whole question without its id: the same bytes get the same answer. Holds at
 * most `mostBytes`, and drops the oldest entry first.
 */
export function createAnswerCache<T>(mostBytes: number): AnswerCache<T> {
  const all = new Map<string, KeptAnswer<T>>();
  let bytes = 0;

  function drop(key: string): void {
    const kept = all.get(key);
    if (!kept) return;
    all.delete(key);
    bytes -= sizeOf(key, kept);
  }

  function find(query: Buffer, transport: Transport, { revision, nowMs }: Moment): KeptAnswer<T> | undefined {
    const kept = all.get(keyOf(query, transport));
    if (!kept || kept.revision !== revision || kept.untilMs < nowMs) return undefined;
    const own = Buffer.from(kept.bytes);
    own[0] = query[0] ?? 0;
    own[1] = query[1] ?? 0;
    return { ...kept, bytes: own };
  }

  function keep(query: Buffer, transport: Transport, kept: KeptAnswer<T>): void {
    const key = keyOf(query, transport);
    drop(key);
    all.set(key, { ...kept, bytes: alone(kept.bytes) });
    bytes += sizeOf(key, kept);
    for (const oldest of all.keys()) {
      if (bytes <= mostBytes) return;
      drop(oldest);
    }
  }

  return { find, keep };
}

/** A small buffer is part of a larger one, which would stay in memory as a whole. */
function alone(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

function sizeOf<T>(key: string, { bytes }: KeptAnswer<T>): number {
  return key.length + bytes.length + entryBytes;
}

/** One character for each byte behind the id. */
function keyOf(query: Buffer, transport: Transport): string {
  return transport + query.toString('latin1', 2);
}
