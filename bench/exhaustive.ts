import { messageOf } from '#core/errors';
import { type Explored, explore, oneChange } from '#test/exhaustive/explore';
import { type EstateName, estateOf } from '#test/exhaustive/world';

/**
 * Distinct states by the number of passes. Fewer mean that some states are no longer reached: look
 * for the reason, then renew the record.
 */
const recorded: Readonly<Record<EstateName, readonly number[]>> = {
  direct: [2, 152, 1216, 5980, 16705],
  relayed: [2, 335, 2307, 10623, 25200],
  braked: [2, 152, 1245, 6121],
  switched: [2, 258, 2518],
};

/** A machine that needs longer than this is stuck: two slow cores take a few minutes. */
const longestMs = 20 * 60_000;

/**
 * `npm run check:exhaustive [-- DEPTH [whole]]`: all answers of two scopes in DEPTH passes, breadth
 * first through the pipeline. Without DEPTH it visits the states recorded above. With `whole` each
 * endpoint is found in every way, and all scopes change at once; this takes hours from the third
 * pass on. Ends with 1 when a rule is broken, or when it finds fewer states.
 */
function main([depth, alphabet]: readonly string[]): void {
  for (const name of Object.keys(recorded) as EstateName[]) {
    const estate = estateOf(name, alphabet === 'whole' ? 'whole' : 'short');
    const startedMs = performance.now();
    const onLevel = (found: readonly number[]) => {
      const seconds = (performance.now() - startedMs) / 1_000;
      console.log(`${name}: ${found.at(-1)} new states after ${found.length - 1} passes, ${seconds.toFixed(0)} s`);
      if (!depth && performance.now() - startedMs > longestMs) throw new Error(`${name} took longer than 20 minutes`);
    };
    const passesAfter = alphabet === 'whole' ? undefined : oneChange(estate);
    const options = { depth: Number(depth ?? recorded[name].length - 1), passesAfter, onLevel };
    const explored = explore(estate, options);
    console.log(JSON.stringify({ name, ...explored }));
    if (!depth) checkRecord(name, explored);
  }
}

function checkRecord(name: EstateName, { found }: Explored): void {
  const isFewer = recorded[name].some((count, passes) => (found[passes] ?? 0) < count);
  if (isFewer)
    throw new Error(`${name} has the states ${found}, and ${recorded[name]} are recorded in bench/exhaustive.ts`);
}

try {
  main(process.argv.slice(2));
} catch (thrown) {
  console.error(messageOf(thrown));
  process.exitCode = 1;
}
