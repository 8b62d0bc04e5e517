import type { Logger } from 'pino';
import { configPath } from '#config/file';
import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import { lazy } from '#core/timing/lazy';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { onCall } from '#io/api-calls';
import { systemClock } from '#io/clock';
import { readRegularNow } from '#io/files';
import { serialiseReport } from '../../pass/report';
import { openSession, type Session, type SessionOptions } from '../../pass/session';
import { version } from '../../pass/version';
import { parseAllowRemovals } from '../../plan/removals/policy';
import type { Conditions } from '../../watch/log/conditions';
import { detailsOf, heldIn } from '../../watch/log/details';
import { type LogFlags, openLog } from '../../watch/log/log';
import { createMetrics, type Metrics } from '../../watch/metrics/store';
import { createReloadable, watchFiles } from '../../watch/reload';
import { fixedOf, needsRestart } from '../../watch/restart';
import { type OwnState, serveInThread } from '../../watch/serve';
import { createWatchPass, type WatchPass } from '../../watch/watch-pass';
import { startWorker, type Worker } from '../../watch/worker';
import { exitCodes } from '../exit-codes';
import { openRelease } from './schema';
import type { Configured } from './verb';

export type WatchOptions = Configured &
  LogFlags & {
    /** Number of addresses, as written. */
    readonly allowRemovals?: string;
  };

/** What a worker has from its machine; tests bring a time of their own. */
export type Machine = {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly watchFiles: typeof watchFiles;
};

const ownMachine: Machine = { clock: systemClock, random: Math.random, watchFiles };

/** What passes leave for those who ask. */
type Left = { passes: number; conditions: Conditions; snapshotText: () => string | undefined };

/** Pass after pass, until stopped. With `--json` standard output gets a report on each line, and standard error the log. */
export async function runWatch(options: WatchOptions, signal: AbortSignal, machine = ownMachine): Promise<number> {
  const { terminal, config } = options;
  const log = openLog({ ...options, now: machine.clock.now });
  const metrics = createMetrics();
  const forget = onCall((call) => metrics.add('kong_privatelink_api_calls_total', 1, call));
  const running: Running = { log, metrics, clock: machine.clock };
  const session = openReloadable(options, running);
  const left: Left = { passes: 0, conditions: new Map(), snapshotText: () => undefined };
  const intervalMs = () => session.current().config.watch.intervalSeconds * 1_000;
  const parts: Parts = { ...running, session, intervalMs, left };
  const pass = openPass(options, parts);
  const paths = () => [configPath({ path: config, env: terminal.env }), ...session.current().config.deck.base];
  let loop: Worker | undefined;
  const onChange = () => {
    session.reload();
    loop?.trigger();
  };
  return hearing(onChange, { ...machine, paths, signal }, async () => {
    const server = await serveInThread(session.current().config.watch, {
      isAlive: () => loop?.isAlive() ?? true,
      isReady: () => loop?.isReady() ?? false,
      ...stateOf(options, parts),
    });
    log.info({ version, ...describeSession(session.current()), address: server.address }, 'watching');
    loop = startWorker({ ...machine, pass, intervalMs, onPass: server.tell }, signal);
    await loop.ended;
    await server.close();
    forget();
    log.info({ passes: left.passes, stillWrong: heldIn(left.conditions).length }, 'stopped');
    return exitCodes.done;
  });
}

type Running = { readonly log: Logger; readonly metrics: Metrics; readonly clock: Clock };

type Parts = Running & {
  readonly session: ReturnType<typeof openReloadable>;
  readonly intervalMs: () => number;
  readonly left: Left;
};

function openPass({ terminal, json, allowRemovals }: WatchOptions, { session, left, ...running }: Parts): WatchPass {
  const ofFirstPass = { allowRemovals: parseAllowRemovals(allowRemovals) };
  return createWatchPass({
    ...running,
    dependencies: (number) => {
      left.passes = number;
      session.retry();
      const { warnings = [], ...current } = session.current();
      const warned = { ...current, warnings: [...warnings, ...session.warnings()] };
      return number === 1 ? { ...warned, policy: { ...current.policy, ...ofFirstPass } } : warned;
    },
    onSnapshot: (seen, owner) => {
      left.snapshotText = lazy(() => serialiseSnapshot(seen, owner));
    },
    onReport: json ? (report) => terminal.out(serialiseReport(report)) : undefined,
    onConditions: (conditions) => {
      left.conditions = conditions;
    },
  });
}

function stateOf(
  { terminal }: WatchOptions,
  { left, metrics, clock, intervalMs }: Parts,
): Omit<OwnState, 'isAlive' | 'isReady'> {
  return {
    details: () => detailsOf(left.conditions, clock.monotonicMs()),
    metrics: () => {
      metrics.set('kong_privatelink_output_lost_total', terminal.losses?.count() ?? 0);
      metrics.set('kong_privatelink_interval_seconds', intervalMs() / 1_000);
      return metrics.samples();
    },
    onLag: (lagMs) => metrics.observe('kong_privatelink_eventloop_lag_seconds', lagMs / 1_000),
    snapshot: () => left.snapshotText(),
  };
}

/** Hundreds of accounts in all regions would be a line of their own size. */
const mostScopes = 20;

/** What somebody who reads the log alone has to know. */
function describeSession({ config, place, scopeIds }: Session) {
  const { owner, controlPlane, watch } = config;
  const { intervalSeconds } = watch;
  const more = scopeIds.length - mostScopes;
  const scopes = { scopes: scopeIds.slice(0, mostScopes), moreScopes: more > 0 ? more : undefined };
  return { owner, controlPlane: `${controlPlane.type} ${place}`, ...scopes, intervalSeconds };
}

const unusedWarning =
  'the configuration file cannot be used, and what was read before stays in use: kong-privatelink doctor says why';

/** The session, and what people have to know of the configuration: that it is not used, or only after a restart. */
function openReloadable(options: WatchOptions, { log, metrics, clock }: Running) {
  let isUsed = true;
  let read: SessionOptions['read'];
  const { current, reload } = createReloadable(() => {
    const opened = openWatchSession({ ...options, read }, clock);
    // A pipe gave its text once.
    read = readRegularNow;
    metrics.set('kong_privatelink_config_in_use', 1);
    return opened;
  });
  const use = (onFailure: (thrown: unknown) => void) => {
    isUsed = reload(onFailure);
    if (isUsed) log.info(describeSession(current()), 'configuration read again');
  };
  const started = fixedOf(current().config.watch);
  return {
    current,
    reload: () =>
      use((thrown) => {
        metrics.set('kong_privatelink_config_in_use', 0);
        metrics.add('kong_privatelink_reloads_failed_total');
        log.error({ reason: messageLineOf(thrown) }, 'configuration not used, the old one stays');
      }),
    /** What is not used may be by now: a file that it names can be mended, which nobody watches before it is used. */
    retry: () => {
      if (!isUsed) use(() => {});
    },
    warnings: () => [...(isUsed ? [] : [unusedWarning]), ...needsRestart(started, fixedOf(current().config.watch))],
  };
}

type Hearing = Pick<Machine, 'watchFiles'> & {
  readonly paths: () => readonly string[];
  readonly signal: AbortSignal;
};

/** Does the work, and hears meanwhile of SIGHUP and of files that change: no change after the first reading is missed. */
async function hearing<T>(
  onChange: () => void,
  { watchFiles, paths, signal }: Hearing,
  work: () => Promise<T>,
): Promise<T> {
  process.on('SIGHUP', onChange);
  watchFiles(paths, onChange, signal);
  try {
    return await work();
  } finally {
    process.off('SIGHUP', onChange);
  }
}

/** A session that says nothing about progress: the log is for that. */
function openWatchSession({ config, terminal, read }: WatchOptions & Pick<SessionOptions, 'read'>, clock: Clock) {
  const session = openSession({ config, clock, read, terminal: { ...terminal, err: () => {}, isTerminal: false } });
  return { ...session, prepare: openRelease(session.config) };
}
