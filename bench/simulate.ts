import fc from 'fast-check';
import { histories } from '#test/simulation/history';
import { rolloutHistories } from '#test/simulation/rollouts/history';
import { simulateRollouts } from '#test/simulation/rollouts/simulate';
import { simulate } from '#test/simulation/simulate';
import { stageHistories } from '#test/simulation/stages/history';
import { checkIdentity, simulateStages } from '#test/simulation/stages/simulate';
import { measureWatch } from '#test/simulation/watch-memory';

const stepsPerHistory = 40;
const historiesPerBatch = 200;
/** Allowed growth of the heap from 100 passes to 10,000, as a part of the former. */
const mostGrowth = 0.1;

/**
 * `npm run simulate [-- HISTORIES [stages|rollouts]]`: random histories of one control plane, of
 * several stages, or of rollouts, then the memory of the watch worker. Ends with 1 when a rule is
 * broken. SEED repeats the histories.
 */
async function main([count = '3000', what]: readonly string[]): Promise<void> {
  const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
  const startedMs = performance.now();
  for (let done = 0; done < Number(count); done += historiesPerBatch) {
    // Batches count up from the seed, so that the seed of any of them starts with it.
    const batch = seed + done / historiesPerBatch;
    const numRuns = Math.min(historiesPerBatch, Number(count) - done);
    const broken = await brokenBy(what, { seed: batch, numRuns });
    if (broken !== undefined) return fail(broken);
    const rate = (done + numRuns) / ((performance.now() - startedMs) / 1_000);
    console.log(`seed ${batch}: ${done + numRuns} of ${count} histories, ${rate.toFixed(0)} a second`);
  }
  const memory = await measureWatch();
  console.log(JSON.stringify(memory));
  if (memory.growth > mostGrowth) fail(`the heap grew by ${(memory.growth * 100).toFixed(1)} %`);
  if (memory.openHandles.length > 0) fail(`still open after the stop: ${memory.openHandles.join(', ')}`);
}

type Run = { readonly seed: number; readonly numRuns: number };

function brokenBy(what: string | undefined, run: Run): Promise<string | undefined> {
  if (what === 'stages') return brokenByStages(run);
  if (what === 'rollouts')
    return firstBroken(rolloutHistories(stepsPerHistory), (steps) => simulateRollouts(steps), run);
  return firstBroken(histories(stepsPerHistory), simulate, run);
}

async function brokenByStages(run: Run): Promise<string | undefined> {
  return (
    (await firstBroken(stageHistories(stepsPerHistory), (steps) => simulateStages(steps), run)) ??
    (await firstBroken(stageHistories(stepsPerHistory), checkIdentity, run))
  );
}

/** Returns the report of the first history that broke a rule. */
async function firstBroken<T>(all: fc.Arbitrary<T>, live: (one: T) => Promise<void>, run: Run) {
  const details = await fc.check(fc.asyncProperty(all, live), run);
  if (!details.failed) return undefined;
  return `${String(details.errorInstance)}\nSEED=${run.seed} npm run simulate\n${fc.defaultReportMessage(details)}`;
}

function fail(message: string | undefined): void {
  console.error(message);
  process.exitCode = 1;
}

void main(process.argv.slice(2));
