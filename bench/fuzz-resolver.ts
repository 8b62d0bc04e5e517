import { messageOf } from '#core/errors';
import { fuzzResolver, startFuzzedResolver } from './resolver/fuzz';

/**
 * `npm run fuzz:resolver [-- SECONDS [SEED]]`: the resolver under random and mutated messages. Ends
 * with 1 when the resolver exits, answers too much, or stops answering.
 */
async function main([seconds = '60', seed = String(Date.now() % 2 ** 31)]: readonly string[]): Promise<void> {
  const resolver = await startFuzzedResolver();
  try {
    const untilMs = performance.now() + Number(seconds) * 1_000;
    const isOver = () => performance.now() > untilMs;
    const told = await fuzzResolver({ port: resolver.port, seed: Number(seed), isOver });
    console.log(JSON.stringify({ seed: Number(seed), seconds: Number(seconds), ...told }));
  } catch (thrown) {
    console.error(`seed ${seed}: ${messageOf(thrown)}\n${resolver.log()}`);
    process.exitCode = 1;
  } finally {
    await resolver.close();
  }
}

void main(process.argv.slice(2));
