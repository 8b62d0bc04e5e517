import pino from 'pino';
import { configPath } from '#config/file';
import { messageOf } from '#core/errors';
import { lazy } from '#core/timing/lazy';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { onCall } from '#io/api-calls';
import { systemClock } from '#io/clock';
import { serialiseReport } from '../../pass/report';
import { openSession } from '../../pass/session';
import { parseAllowRemovals } from '../../plan/removals/policy';
import { createMetrics, type Metrics } from '../../watch/metrics/store';
import { createReloadable, watchFiles } from '../../watch/reload';
import { serveInThread } from '../../watch/serve';
import { createWatchPass } from '../../watch/watch-pass';
import { startWorker, type Worker } from '../../watch/worker';
import { exitCodes } from '../exit-codes';
import { openRelease } from './schema';
import type { Configured, Verb } from './verb';

export type WatchOptions = Configured & {
  /** Number of addresses, as written. */
  readonly allowRemovals?: string;
};

/** Pass after pass, until stopped. With `--json` standard output gets a report on each line, and standard error the log. */
export const runWatch: Verb<WatchOptions> = async (options, signal) => {
  const { terminal, json } = options;
  const log = pino({ base: undefined, redact: ['token', '*.token'] }, { write: json ? terminal.err : terminal.out });
  const metrics = createMetrics();
  const forget = onCall((call) => metrics.add('kong_privatelink_api_calls_total', 1, call));
  const session = openReloadable(options, { log, metrics });
  const ofFirstPass = { allowRemovals: parseAllowRemovals(options.allowRemovals) };
  const intervalMs = () => session.current().config.watch.intervalSeconds * 1_000;
  let snapshotText: () => string | undefined = () => undefined;
  const pass = createWatchPass({
    dependencies: (number) => {
      const current = session.current();
      return number === 1 ? { ...current, policy: { ...current.policy, ...ofFirstPass } } : current;
    },
    clock: systemClock,
    intervalMs,
    metrics,
    log,
    onSnapshot: (seen, owner) => {
      snapshotText = lazy(() => serialiseSnapshot(seen, owner));
    },
    onReport: json ? (report) => terminal.out(serialiseReport(report)) : undefined,
  });
  let worker: Worker | undefined;
  const server = await serveInThread(session.current().config.watch, {
    isAlive: () => worker?.isAlive() ?? true,
    isReady: () => worker?.isReady() ?? false,
    metrics: () => {
      metrics.set('kong_privatelink_output_lost_total', terminal.losses?.count() ?? 0);
      metrics.set('kong_privatelink_interval_seconds', session.current().config.watch.intervalSeconds);
      return metrics.samples();
    },
    onLag: (lagMs) => metrics.observe('kong_privatelink_eventloop_lag_seconds', lagMs / 1_000),
    snapshot: () => snapshotText(),
  });
  log.info({ address: server.address }, 'watching');
  worker = startWorker({ pass, intervalMs, onPass: server.tell, clock: systemClock, random: Math.random }, signal);
  const path = configPath({ path: options.config, env: terminal.env });
  const paths = () => [path, ...session.current().config.deck.base];
  await untilEnded(worker, { paths, signal }, () => {
    if (session.reload()) log.info({}, 'configuration read again');
  });
  await server.close();
  forget();
  log.info({}, 'stopped');
  return exitCodes.done;
};

type Telling = { readonly log: pino.Logger; readonly metrics: Metrics };

function openReloadable(options: WatchOptions, { log, metrics }: Telling) {
  return createReloadable({
    open: () => {
      const opened = openWatchSession(options);
      metrics.set('kong_privatelink_config_in_use', 1);
      return opened;
    },
    onFailure: (thrown) => {
      metrics.set('kong_privatelink_config_in_use', 0);
      metrics.add('kong_privatelink_reloads_failed_total');
      log.error({ reason: messageOf(thrown) }, 'configuration not used, the old one stays');
    },
  });
}

type Reloading = { readonly paths: () => readonly string[]; readonly signal: AbortSignal };

/** Reloads, and lets a pass begin, at SIGHUP and when a file changes, until the worker has ended. */
async function untilEnded(worker: Worker, { paths, signal }: Reloading, reload: () => void): Promise<void> {
  const onChange = () => {
    reload();
    worker.trigger();
  };
  process.on('SIGHUP', onChange);
  watchFiles(paths, onChange, signal);
  await worker.ended;
  process.off('SIGHUP', onChange);
}

/** A session that says nothing about progress: the log is for that. */
function openWatchSession({ config, terminal }: WatchOptions) {
  const session = openSession({ config, terminal: { ...terminal, err: () => {}, isTerminal: false } });
  return { ...session, prepare: openRelease(session.config) };
}
