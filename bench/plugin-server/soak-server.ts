import { listenOn } from '#plugin/server/listening/listen';
import { parseOptions, socketPathOf } from '#plugin/server/options';
import { serve } from '#plugin/server/run';

/**
 * Our plugin server with one addition: on request of its parent it collects garbage, and reports
 * its heap.
 */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const { accept } = await serve({ ...options, env: process.env, onProblem: console.error });
  await listenOn(socketPathOf(options), accept);
  process.on('message', () => {
    for (let time = 0; time < 3; time += 1) global.gc?.();
    process.send?.({ heapBytes: process.memoryUsage().heapUsed });
  });
  process.send?.('listening');
}

void main();
