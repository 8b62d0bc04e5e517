import type { Transport } from '../packets/query';

/** An answer that was given, for who asks the same. */
export type KeptAnswer<T> = {
  readonly bytes: Buffer;
  /** It holds for what the feed says at this revision. */
  readonly revision: number;
  /** It holds up to this time, by the monotonic clock. */
  readonly untilMs: number;
  /** What else is kept with it. */
  readonly more: T;
};

export type AnswerCache<T> = {
  /** A copy with the id of this query; undefined where none holds. */
  readonly find: (query: Buffer, transport: Transport, now: Moment) => KeptAnswer<T> | undefined;
  readonly keep: (query: Buffer, transport: Transport, kept: KeptAnswer<T>) => void;
};

type Moment = { readonly revision: number; readonly nowMs: number };

/** About what an entry takes beside its bytes. */
const entryBytes = 250;

/**
 * Answers by all that was asked but its id: the same bytes get the same answer. Of `mostBytes` at most; what was kept longest goes first.
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

/** Small buffers are parts of larger ones, which would be kept whole. */
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
