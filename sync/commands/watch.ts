import pino from 'pino';
import { messageOf } from '../../core/errors';
import { configPath } from '../../discovery/config-file';
import { serialiseSnapshot } from '../../discovery/snapshot-file';
import { exitCodes } from '../report';
import { openSession } from '../session';
import { systemClock } from '../system-clock';
import { createMetrics } from '../watch/metrics';
import { createReloadable, watchFile } from '../watch/reload';
import { startWatchServer } from '../watch/server';
import { createWatchPass } from '../watch/watch-pass';
import { startWorker, type Worker } from '../worker';
import type { Command, CommandOptions } from './command';
import { openRelease } from './schema';

/** Passes may be late by this many intervals, or by five minutes of back-off, before the worker counts as dead. */
const lateIntervals = 3;
const longestPauseMs = 6 * 60_000;

/** Pass after pass, until stopped. */
export const runWatch: Command = async (options, signal) => {
  const log = pino({ base: undefined, redact: ['token', '*.token'] }, { write: options.terminal.out });
  const metrics = createMetrics();
  const session = createReloadable({
    open: () => openWatchSession(options),
    onFailure: (thrown) => {
      metrics.add('kong_privatelink_reloads_failed_total');
      log.error({ reason: messageOf(thrown) }, 'configuration not used, the old one stays');
    },
  });
  let snapshot: string | undefined;
  let beatMs = systemClock.now();
  let isReady = false;
  const pass = createWatchPass({
    dependencies: session.current,
    metrics,
    log,
    onSnapshot: (seen) => {
      snapshot = serialiseSnapshot(withoutFindings(seen), session.current().owner);
    },
  });
  const intervalMs = () => session.current().config.watch.intervalSeconds * 1_000;
  const server = await startWatchServer(session.current().config.watch, {
    isAlive: () => systemClock.now() - beatMs < lateIntervals * intervalMs() + longestPauseMs,
    isReady: () => isReady,
    metrics: metrics.text,
    snapshot: () => snapshot,
  });
  log.info({ address: server.address }, 'watching');
  const worker = startWorker(
    {
      pass: async (number, either) => {
        const outcome = await pass(number, either);
        beatMs = systemClock.now();
        isReady ||= outcome.kind === 'done';
        return outcome;
      },
      intervalMs,
      clock: systemClock,
      random: Math.random,
    },
    signal,
  );
  await untilEnded(worker, { options, signal }, () => {
    if (session.reload()) log.info({}, 'configuration read again');
  });
  await server.close();
  log.info({}, 'stopped');
  return exitCodes.done;
};

type Reloading = { readonly options: CommandOptions; readonly signal: AbortSignal };

/** Reloads, and lets a pass begin, at SIGHUP and when the file changes, until the worker has ended. */
async function untilEnded(worker: Worker, { options, signal }: Reloading, reload: () => void): Promise<void> {
  const onChange = () => {
    reload();
    worker.trigger();
  };
  process.on('SIGHUP', onChange);
  watchFile(configPath({ path: options.config, env: options.terminal.env }), onChange, signal);
  await worker.ended;
  process.off('SIGHUP', onChange);
}

/** A session that says nothing about progress: the log is for that. */
function openWatchSession({ config, terminal }: CommandOptions) {
  const session = openSession({ config, terminal: { ...terminal, err: () => {}, isTerminal: false } });
  return { ...session, prepare: openRelease(session.config) };
}

function withoutFindings<T extends { readonly findings?: unknown }>({ findings: _, ...snapshot }: T) {
  return snapshot;
}
