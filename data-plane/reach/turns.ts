/**
 * Smooth weighted round robin by earliest deadline. The deadlines of each entry lie 1/weight apart,
 * and no two entries begin together. Over the sum of the weights each entry has exactly as many
 * turns as its weight. The next turn is found in O(log n); nginx's algorithm looks at all entries.
 */
export type Turns = {
  readonly weights: Float64Array;
  /**
   * Turns so far. A deadline is computed from this count, so that rounding errors do not add up.
   */
  readonly counts: Float64Array;
  /** The next turn of each entry, in rounds. */
  readonly deadlines: Float64Array;
  /** Indexes of the entries that take part, a binary heap by deadline; `queued` entries. */
  readonly queue: Int32Array;
  queued: number;
  /** The last deadline that was met. */
  now: number;
};

/**
 * Creates the turns of all entries, each with a weight above 0. They continue from `before`. With
 * other entries (`isSame` is false) they continue at the same time, because a restart with each
 * change would favour the first entry.
 */
export function turnsOf(weights: Float64Array, before?: Turns, isSame = false): Turns {
  const { length } = weights;
  const { counts, deadlines } =
    before && isSame ? before : { counts: new Float64Array(length), deadlines: new Float64Array(length) };
  const turns = { weights, counts, deadlines, queue: new Int32Array(length), queued: 0, now: before?.now ?? 0 };
  if (!isSame) for (let index = 0; index < length; index += 1) catchUp(turns, index);
  queueAll(turns, () => true);
  return turns;
}

/**
 * The offset of the turns of an entry, in 1/weight of a round. Between 0 and 1, so that a round
 * holds exactly its weight in turns.
 */
function phaseOf(index: number, length: number): number {
  return (index + 0.5) / length;
}

/** Lets the entries of `isIn` take part. */
export function queueAll(turns: Turns, isIn: (index: number) => boolean): void {
  turns.queued = 0;
  for (let index = 0; index < turns.queue.length; index += 1) {
    if (!isIn(index)) continue;
    turns.queue[turns.queued] = index;
    turns.queued += 1;
  }
  for (let at = (turns.queued >> 1) - 1; at >= 0; at -= 1) sink(turns, at);
}

/** Returns the next entry of those that take part; -1 for none. */
export function nextTurn(turns: Turns): number {
  if (turns.queued === 0) return -1;
  for (;;) {
    const index = turns.queue[0] ?? 0;
    const isLate = (turns.deadlines[index] ?? 0) < turns.now;
    if (isLate) catchUp(turns, index);
    else take(turns, index);
    sink(turns, 0);
    if (!isLate) return index;
  }
}

/**
 * Returns the next entry of those in `isIn`, whether they take part or not; -1 for none. Looks at
 * all entries.
 */
export function nextTurnAmong(turns: Turns, isIn: (index: number) => boolean): number {
  let next = -1;
  for (let index = 0; index < turns.queue.length; index += 1) {
    if (!isIn(index)) continue;
    if ((turns.deadlines[index] ?? 0) < turns.now) catchUp(turns, index);
    if (next < 0 || isBefore(turns, index, next)) next = index;
  }
  if (next >= 0) take(turns, next);
  for (let at = (turns.queued >> 1) - 1; at >= 0; at -= 1) sink(turns, at);
  return next;
}

function take(turns: Turns, index: number): void {
  turns.now = turns.deadlines[index] ?? 0;
  setCount(turns, index, (turns.counts[index] ?? 0) + 1);
}

/** An entry that was skipped, or is new, has lost its turns: it does not get them all at once. */
function catchUp(turns: Turns, index: number): void {
  const due = Math.ceil(turns.now * (turns.weights[index] ?? 0) - phaseOf(index, turns.queue.length));
  setCount(turns, index, due);
  // Rounding may end just before the present, or just after it: a turn at the present is over.
  if ((turns.deadlines[index] ?? 0) <= turns.now * (1 + 4 * Number.EPSILON)) setCount(turns, index, due + 1);
}

function setCount({ counts, deadlines, weights }: Turns, index: number, count: number): void {
  counts[index] = count;
  deadlines[index] = (count + phaseOf(index, counts.length)) / (weights[index] ?? 0);
}

function isBefore({ deadlines }: Turns, one: number, other: number): boolean {
  const difference = (deadlines[one] ?? 0) - (deadlines[other] ?? 0);
  return difference < 0 || (difference === 0 && one < other);
}

/** Moves the entry at `from` down the heap to its place. */
function sink(turns: Turns, from: number): void {
  const { queue, queued } = turns;
  const index = queue[from] ?? 0;
  let at = from;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= queued) break;
    if (below + 1 < queued && isBefore(turns, queue[below + 1] ?? 0, queue[below] ?? 0)) below += 1;
    if (!isBefore(turns, queue[below] ?? 0, index)) break;
    queue[at] = queue[below] ?? 0;
    at = below;
  }
  queue[at] = index;
}
