import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { systemClock } from '#io/clock';
import type { Samples } from '#io/metrics/text';
import type { Explained, WatchServer, WatchState } from './server';
import type { FromServer, Started, ToServer } from './told';

/** State of the worker in this thread. */
export type OwnState = Omit<WatchState, 'snapshot' | 'metrics' | 'explain'> & {
  readonly snapshot: () => string | undefined;
  readonly explain: (query: string) => Explained;
  readonly metrics: () => Samples;
  /** Called each second with its delay: this thread was busy for that long. */
  readonly onLag: (lagMs: number) => void;
};

/** `tell` sends the state at once. It is also sent each second. */
export type ThreadedServer = WatchServer & { readonly tell: () => void };

const everyMs = 1_000;

/**
 * Serves in a separate thread, which answers while this thread is busy. Throws PrivatelinkError
 * when it cannot listen.
 */
export async function serveInThread(config: Config['watch'], state: OwnState): Promise<ThreadedServer> {
  const thread = new Worker(join(__dirname, 'server-thread.js'), { workerData: config });
  const post = (message: ToServer) => thread.postMessage(message);
  const tell = () => {
    const { isAlive, isReady, details, metrics } = state;
    post({ kind: 'state', isAlive: isAlive(), isReady: isReady(), details: details(), metrics: metrics() });
  };
  tell();
  const started = await startOf(thread);
  if (!('address' in started)) {
    await thread.terminate();
    throw new PrivatelinkError(started.reason, started.details);
  }
  thread.on('message', (asked: FromServer) =>
    post(
      asked.kind === 'snapshot'
        ? { kind: 'snapshot', text: state.snapshot() }
        : { kind: 'explained', number: asked.number, ...state.explain(asked.query) },
    ),
  );
  const timer = tellEachSecond(tell, state.onLag);
  return {
    address: started.address,
    tell,
    close: async () => {
      clearInterval(timer);
      await thread.terminate();
    },
  };
}

function tellEachSecond(tell: () => void, onLag: OwnState['onLag']): NodeJS.Timeout {
  let dueMs = systemClock.monotonicMs() + everyMs;
  return setInterval(() => {
    const nowMs = systemClock.monotonicMs();
    onLag(Math.max(0, nowMs - dueMs));
    dueMs = nowMs + everyMs;
    tell();
  }, everyMs).unref();
}

/**
 * Rejects when the thread ends by an error. A later error ends the process, like an error of this
 * thread.
 */
async function startOf(thread: Worker): Promise<Started> {
  const [started] = await once(thread, 'message');
  return started;
}
