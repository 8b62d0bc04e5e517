import fc from 'fast-check';

/**
 * The amount of input for an edge. `CORPUS_SEED=N` repeats the same inputs, and `CORPUS_RUNS=20000`
 * gives more of them. Every title has the seed. A failure report of fast-check has it too, beside
 * the smallest failing input.
 */
const seed = Number(process.env.CORPUS_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.CORPUS_RUNS ?? 2_000);

/** Behind the name of a suite. */
export const replay = `(CORPUS_SEED=${seed} gives these inputs again)`;

/**
 * Passes each input to the edge, which throws at a broken rule. `share` reduces the inputs of
 * expensive edges.
 */
export async function feed<T>(
  inputs: fc.Arbitrary<T>,
  edge: (input: T) => Promise<void> | void,
  share = 1,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      await edge(input);
    }),
    { seed, numRuns: Math.ceil(runs * share) },
  );
}

/** An edge of the product and its feeding function, for `it.each`. */
export type Row = readonly [edge: string, run: () => Promise<void>];

/** The same, when its turn comes. */
export function feeding<T>(inputs: fc.Arbitrary<T>, edge: (input: T) => Promise<void> | void, share = 1): Row[1] {
  return () => feed(inputs, edge, share);
}
