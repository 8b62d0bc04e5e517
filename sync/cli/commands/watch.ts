import type { Logger } from 'pino';
import { configPath } from '#config/file';
import { printable } from '#core/printable';
import type { Clock } from '#core/timing/clock';
import { lazy } from '#core/timing/lazy';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import { onCall } from '#io/api-calls';
import { systemClock } from '#io/clock';
import { tellWorker } from '../../explain/asked';
import { createLastPass, type LastPass } from '../../explain/last-pass';
import { serialiseReport } from '../../pass/report';
import { version } from '../../pass/version';
import { parseAllowRemovals } from '../../plan/removals/policy';
import type { StageSession } from '../../rollout/open-stages';
import { runStage } from '../../rollout/run-stage';
import { errorOfStage } from '../../rollout/stages';
import { describeSessions, openStagesInUse, type StagesInUse } from '../../watch/in-use';
import type { Conditions } from '../../watch/log/conditions';
import { detailsOf, heldIn } from '../../watch/log/details';
import { type LogFlags, openLog } from '../../watch/log/log';
import { createLoops, type Loops } from '../../watch/loops';
import { withStages } from '../../watch/metrics/of-stages';
import { createMetrics, type Metrics } from '../../watch/metrics/store';
import { watchFiles } from '../../watch/reload';
import { rolloutSamples } from '../../watch/rollout/metrics';
import { type Came, openRollouts, type Rollouts } from '../../watch/rollout/rollouts';
import { waitingOf } from '../../watch/rollout/steps';
import { type OwnState, serveInThread } from '../../watch/serve';
import { createWatchPass, type WatchPass } from '../../watch/watch-pass';
import { startWorker } from '../../watch/worker';
import { exitCodes } from '../exit-codes';
import type { Configured } from '../verb';
import { openRelease } from './schema';

export type WatchOptions = Configured &
  LogFlags & {
    /** Number of addresses, as written. */
    readonly allowRemovals?: string;
  };

/** Clock, randomness and file watching of the machine. Tests replace them. */
export type Machine = {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly watchFiles: typeof watchFiles;
};

const ownMachine: Machine = { clock: systemClock, random: Math.random, watchFiles };

/** State that the passes of a stage leave for the server. */
type Left = {
  readonly stage: string | undefined;
  readonly metrics: Metrics;
  passes: number;
  conditions: Conditions;
  readonly lastPass: LastPass;
};

/**
 * Runs pass after pass over each stage, until stopped. With `--json` reports go to standard output,
 * one a line, and the log to standard error.
 */
export async function runWatch(options: WatchOptions, signal: AbortSignal, machine = ownMachine): Promise<number> {
  const { terminal, config } = options;
  const log = openLog({ ...options, now: machine.clock.now });
  const metrics = createMetrics();
  const running: Running = { ...machine, log, metrics, signal };
  const inUse = openStagesInUse(options, { ...running, prepareOf: openRelease });
  const rollouts = openRollouts({ ...running, config: () => inUse.ground().config, onChange: () => loops.trigger() });
  const shared: Shared = { ...running, inUse, rollouts, ...unheard };
  const start = (current: () => StageSession, own: AbortSignal) => startLoop(options, { shared, current, signal: own });
  const loops: StageLoops = createLoops(start, signal);
  const forget = onCall(({ stage, ...call }) => {
    const own = planeApis.has(call.api) ? loops.all().find((one) => one.stage === stage) : undefined;
    (own?.metrics ?? metrics).add('kong_privatelink_api_calls_total', 1, call);
  });
  inUse.onRound(loops.wake);
  shared.onRenewed = () => {
    loops.use(inUse.sessions());
    rollouts.keepOnly(inUse.sessions());
  };
  const paths = () => {
    const { deck, include } = inUse.ground().config;
    return [configPath({ path: config, env: terminal.env }), ...include, ...deck.base];
  };
  const onChange = () => {
    if (inUse.reload()) shared.onRenewed();
    loops.trigger();
  };
  return hearing(onChange, { ...machine, paths, signal }, async () => {
    const server = await serveInThread(inUse.ground().config.watch, stateOf(options, { shared, loops }));
    shared.onPass = server.tell;
    log.info({ version, ...describeSessions(inUse), address: server.address }, 'watching');
    shared.onRenewed();
    await inUse.follow(shared.onRenewed);
    await loops.ended();
    await rollouts.end();
    await server.close();
    forget();
    log.info(countsOf(loops.all()), 'stopped');
    return exitCodes.done;
  });
}

/** APIs whose calls belong to one stage. Discovery serves all stages. */
const planeApis: ReadonlySet<string> = new Set(['konnect', 'kong', 'deck']);

function countsOf(all: readonly Left[]) {
  const stillWrong = all.flatMap(({ conditions }) => heldIn(conditions)).length;
  return { passes: all.reduce((sum, { passes }) => sum + passes, 0), stillWrong };
}

type Running = Machine & { readonly log: Logger; readonly metrics: Metrics; readonly signal: AbortSignal };

type Shared = Running & {
  readonly inUse: StagesInUse;
  readonly rollouts: Rollouts;
  snapshotText: () => string | undefined;
  onPass: () => void;
  /** Called when the sessions have changed. */
  onRenewed: () => void;
};

/** Used until the server runs. */
const unheard = { snapshotText: () => undefined, onPass: () => {}, onRenewed: () => {} };

type StageLoops = Loops<Left, StageSession>;

type Starting = { readonly shared: Shared; readonly current: () => StageSession; readonly signal: AbortSignal };

/** Starts the loop of one stage. Its metrics and log lines carry the stage's name. */
function startLoop({ terminal, json, allowRemovals }: WatchOptions, { shared, current, signal }: Starting) {
  const [{ inUse, clock }, { stage }] = [shared, current()];
  const left: Left = { stage, metrics: createMetrics(), passes: 0, conditions: new Map(), lastPass: createLastPass() };
  // `--allow-removals` was given for the stages of the start, not for later stages.
  const ofFirstPass = inUse.listing().isDone ? {} : { allowRemovals: parseAllowRemovals(allowRemovals) };
  const intervalMs = () => inUse.ground().config.watch.intervalSeconds * 1_000;
  const { onPlanned } = left.lastPass;
  let used = current();
  let came: Came | undefined;
  const pass = createWatchPass({
    clock,
    intervalMs,
    metrics: left.metrics,
    log: stage === undefined ? shared.log : shared.log.child({ stage }),
    run: (deps: StageSession, own) =>
      runStage(deps, own).catch((thrown) => {
        came = { thrown };
        throw errorOfStage(stage, thrown);
      }),
    dependencies: (number) => {
      left.passes = number;
      if (inUse.retry()) shared.onRenewed();
      used = current();
      const { warnings = [], ...session } = used;
      const warned = { ...session, onPlanned, warnings: [...warnings, ...inUse.warnings()] };
      return number === 1 ? { ...warned, policy: { ...session.policy, ...ofFirstPass } } : warned;
    },
    onSnapshot: (seen, owner) => {
      shared.snapshotText = lazy(() => serialiseSnapshot(seen, owner));
    },
    onReport: (report) => {
      came = { report };
      left.lastPass.onReport(report, used);
      if (json) terminal.out(serialiseReport(report));
    },
    onConditions: (conditions) => {
      left.conditions = conditions;
    },
  });
  const passOnce: WatchPass = async (number, own) => {
    const ended = shared.rollouts.begin();
    came = undefined;
    const outcome = await pass(number, own);
    if (outcome.kind === 'failed') current().keepRound?.();
    if (came && !own.aborted) await ended(used, came);
    return outcome;
  };
  const worker = startWorker({ ...shared, pass: passOnce, intervalMs, onPass: () => shared.onPass() }, signal);
  return { more: left, worker };
}

type Serving = { readonly shared: Shared; readonly loops: StageLoops };

function stateOf({ terminal }: WatchOptions, { shared, loops }: Serving): OwnState {
  const { metrics, clock, inUse, rollouts } = shared;
  return {
    isAlive: loops.isAlive,
    isReady: loops.isReady,
    details: () => {
      const { problem } = inUse.listing();
      const unlisted = problem === undefined ? [] : [`control planes not listed: ${printable(problem)}\n`];
      const nowMs = clock.monotonicMs();
      const ofStages = loops.all().map(({ stage, conditions }) => {
        const progress = rollouts.progressOf(stage);
        return ofStage(stage, `${progress ? waitingOf(progress) : ''}${detailsOf(conditions, nowMs)}`);
      });
      return [...unlisted, ...ofStages].join('');
    },
    metrics: () => {
      metrics.set('kong_privatelink_output_lost_total', terminal.losses?.count() ?? 0);
      const { intervalSeconds } = inUse.ground().config.watch;
      for (const left of loops.all()) left.metrics.set('kong_privatelink_interval_seconds', intervalSeconds);
      // Without any listed stage no pass succeeds. This counts a failure, so that the alert fires.
      if (loops.all().length === 0) countNone(metrics, intervalSeconds);
      const stages = loops.all().map(({ stage, metrics: own }) => {
        return { stage, samples: { ...own.samples(), ...rolloutSamples(rollouts.progressOf(stage)) } };
      });
      return withStages({ ...metrics.samples(), ...rolloutSamples() }, stages);
    },
    onLag: (lagMs) => metrics.observe('kong_privatelink_eventloop_lag_seconds', lagMs / 1_000),
    snapshot: () => shared.snapshotText(),
    explain: (query) => {
      const views = loops.all().flatMap(({ lastPass }) => lastPass.view(clock.now()) ?? []);
      return tellWorker(query, views);
    },
  };
}

function countNone(metrics: Metrics, intervalSeconds: number): void {
  metrics.set('kong_privatelink_interval_seconds', intervalSeconds);
  metrics.count('kong_privatelink_pass_shortfall', [{ reason: 'failed' }]);
}

/** Prefixes each line with the name of its stage. */
function ofStage(stage: string | undefined, lines: string): string {
  return stage === undefined ? lines : lines.replaceAll(/^(?=.)/gm, `stage ${stage}: `);
}

type Hearing = Pick<Machine, 'watchFiles'> & {
  readonly paths: () => readonly string[];
  readonly signal: AbortSignal;
};

/**
 * Runs the work while SIGHUP and file changes trigger `onChange`. No change after the first reading
 * is missed.
 */
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
