import { parentPort, workerData } from 'node:worker_threads';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { FromSettings } from './in-thread';
import { readSettings } from './settings';

/** The thread that reads the configuration once. */
function read(): FromSettings {
  try {
    return { settings: readSettings(workerData, process.env) };
  } catch (thrown) {
    if (!(thrown instanceof PrivatelinkError))
      return { failure: { reason: messageOf(thrown), code: 'CONFIG_INVALID' } };
    const { reason, fix, code } = thrown;
    return { failure: { reason, fix, code } };
  }
}

parentPort?.postMessage(read());
