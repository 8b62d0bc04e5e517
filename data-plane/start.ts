import { join } from 'node:path';
import { type ResourceLimits, Worker, type WorkerOptions } from 'node:worker_threads';
import { formatProblem, messageOf } from '#core/errors';
import { zoneNameFix } from '#core/zones';
import { unreferencedClock } from '#io/clock';
import { type DiscoveryThread, emptyFeed, type Feed, type FeedOptions, startFeed } from './feed/feed';
import { ownZoneId } from './zone/own-zone';
import type { FromZone } from './zone/zone-id';

/**
 * The threads of a process on a data plane: one discovers and probes, another finds the own zone.
 */

type Tell = (reason: string) => void;

export type OpenFeedOptions = Pick<FeedOptions, 'isNamed' | 'isLean' | 'firstWaitMs'> & {
  /** Limits of the discovery thread; Node's own when absent. */
  readonly resourceLimits?: ResourceLimits;
};

/** Starts discovery where a configuration is named. Discovery ends with the process. */
export function openFeed(
  env: Readonly<Record<string, string | undefined>>,
  onProblem: Tell,
  { resourceLimits, ...more }: OpenFeedOptions = {},
): Feed {
  if (!env.KONG_PRIVATELINK_CONFIG) return emptyFeed;
  const startThread = () => openThread({ resourceLimits, workerData: { isLean: more.isLean } });
  return startFeed({ startThread, clock: unreferencedClock, onProblem, ...more }, new AbortController().signal);
}

/**
 * Looks up the own zone where the environment does not give its id, and reports a wrong value
 * there. No zone is preferred until `onZone` is called.
 */
export function findOwnZone(
  env: Readonly<Record<string, string | undefined>>,
  onZone: (zoneId: string) => void,
  onProblem: Tell,
): void {
  if (ownZoneId(env) !== undefined) return;
  const given = env.KONG_PRIVATELINK_ZONE_ID;
  if (given) onProblem(formatProblem({ reason: `KONG_PRIVATELINK_ZONE_ID is ${given}`, fix: zoneNameFix }));
  findZone(onZone, onProblem);
}

/** Runs in a thread that ends with the result. */
function findZone(onZone: (zoneId: string) => void, onProblem: Tell): void {
  const worker = openWorker('zone/thread.js');
  listen(worker, (message: FromZone) => {
    if (message.kind === 'zone') onZone(message.zoneId);
    else onProblem(message.reason);
  });
  worker.on('error', (thrown) => onProblem(`the own zone is not known: ${messageOf(thrown)}`));
}

/** A thread inherits the environment. */
function openWorker(file: string, options?: WorkerOptions): Worker {
  return new Worker(join(__dirname, file), options);
}

/** A thread must keep no process alive. Node lets it do so again with each listener. */
function listen<T>(worker: Worker, listener: (message: T) => void): void {
  worker.on('message', listener);
  worker.unref();
}

function openThread(options: WorkerOptions): DiscoveryThread {
  const worker = openWorker('discovery/thread.js', options);
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => listen(worker, listener),
    onEnd: (listener) => {
      let reason = 'it exited';
      worker.on('error', (thrown) => {
        reason = messageOf(thrown);
      });
      worker.on('exit', () => listener(reason));
    },
  };
}
