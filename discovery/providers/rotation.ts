/**
 * A name rotates when its answer changed this often within the memory. A plain change, or a
 * failover and its end, changes it less often.
 */
const rotatingFrom = 3;

const memoryMs = 3_600_000;

/** The answers of a name; times by the monotonic clock. */
export type History<T> = {
  /** The last answer, never empty. */
  readonly records: readonly T[];
  /** Times of the recent changes. */
  readonly changedAtMs: readonly number[];
  /** Every recent record, with its last appearance. */
  readonly given: ReadonlyMap<string, { readonly record: T; readonly atMs: number }>;
};

/** Adds an answer with records to the history. Records with the same key are the same record. */
export function withAnswer<T>(
  before: History<T> | undefined,
  records: readonly T[],
  { keyOf, atMs }: { readonly keyOf: (record: T) => string; readonly atMs: number },
): History<T> {
  const isOther = before !== undefined && !hasSameKeys(before.records.map(keyOf), records.map(keyOf));
  const changedAtMs = [...(before?.changedAtMs ?? []), ...(isOther ? [atMs] : [])];
  const given = new Map([
    ...(before?.given ?? []),
    ...records.map((record) => [keyOf(record), { record, atMs }] as const),
  ]);
  return {
    records,
    changedAtMs: changedAtMs.filter((changedMs) => isRemembered(changedMs, atMs)),
    given: new Map([...given].filter(([, one]) => isRemembered(one.atMs, atMs))),
  };
}

/**
 * The last answer. For a rotating name, all records within the memory: a missing record comes back
 * (fm-39).
 */
export function recordsInUse<T>({ records, changedAtMs, given }: History<T>, nowMs: number): readonly T[] {
  const changes = changedAtMs.filter((changedMs) => isRemembered(changedMs, nowMs));
  if (changes.length < rotatingFrom) return records;
  return [...given.values()].flatMap(({ record, atMs }) => (isRemembered(atMs, nowMs) ? [record] : []));
}

function isRemembered(atMs: number, nowMs: number): boolean {
  return nowMs - atMs <= memoryMs;
}

function hasSameKeys(some: readonly string[], others: readonly string[]): boolean {
  const keys = new Set(some);
  return new Set([...some, ...others]).size === keys.size && new Set(others).size === keys.size;
}
