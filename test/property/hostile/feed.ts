import fc from 'fast-check';

/**
 * How much the corpus feeds an edge. `CORPUS_SEED=N` gives the same inputs again, `CORPUS_RUNS=20000` more of them. Every title has the seed,
 * and what fast-check says of a failure has it too, beside the smallest input that fails.
 */
const seed = Number(process.env.CORPUS_SEED ?? Date.now() % 2 ** 31);
const runs = Number(process.env.CORPUS_RUNS ?? 2_000);

/** Behind the name of a suite. */
export const replay = `(CORPUS_SEED=${seed} gives these inputs again)`;

/** Gives each input to the edge, which throws where a rule is broken; `share` of the inputs where each costs much. */
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

/** An edge of the product, and what gives it the inputs; for `it.each`. */
export type Row = readonly [edge: string, run: () => Promise<void>];

/** The same, when its turn comes. */
export function feeding<T>(inputs: fc.Arbitrary<T>, edge: (input: T) => Promise<void> | void, share = 1): Row[1] {
  return () => feed(inputs, edge, share);
}
