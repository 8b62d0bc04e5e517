import { parentPort, workerData } from 'node:worker_threads';
import { PrivatelinkError } from '#core/errors';
import { systemClock } from '#io/clock';
import { processSamples } from './metrics/process';
import { startWatchServer } from './server';
import { createTold, type FromServer, type Started } from './told';

/**
 * Serves in its own thread: planning blocks an event loop for seconds, and a probe of /healthz must
 * not wait (fm-56).
 */
async function serve(): Promise<Started> {
  const ask = (message: FromServer) => parentPort?.postMessage(message);
  const told = createTold({ ...systemClock, ask, ownSamples: processSamples });
  parentPort?.on('message', told.take);
  try {
    const { address } = await startWatchServer(workerData, told.state);
    return { address };
  } catch (thrown) {
    if (!(thrown instanceof PrivatelinkError)) throw thrown;
    const { reason, code, fix } = thrown;
    return { reason, details: { code, fix } };
  }
}

void serve().then((started) => parentPort?.postMessage(started));
