import { transitionalScopes } from '#core/endpoint-states';
import { messageLineOf, PrivatelinkError } from '#core/errors';
import type { ScopeState, Snapshot } from '#core/model';
import type { Clock, Clocks } from '#core/timing/clock';
import type { PassDependencies } from '../pass/plan-once';
import { hasNoCredentials, type Report } from '../pass/report';
import type { Change } from '../plan/changes';
import { createFlapping } from './flapping';
import { createGate, type Held } from './gate';
import type { Conditions } from './log/conditions';
import { openPassLog, type PassLog } from './log/pass-log';
import { countPass, countReport, countScopes } from './metrics/count-pass';
import { type Shortfall, shortfallsOf } from './metrics/shortfalls';
import type { Metrics } from './metrics/store';
import type { PassOutcome } from './schedule';

export type WatchPassOptions<D extends PassDependencies = PassDependencies> = {
  /** Called once at the start of each pass with its number. The configuration may have changed. */
  readonly dependencies: (number: number) => D;
  /** Runs the pass. */
  readonly run: (deps: D, signal: AbortSignal) => Promise<Report>;
  readonly clock: Clock;
  /** Time between the starts of two passes. */
  readonly intervalMs: () => number;
  readonly metrics: Metrics;
  readonly log: PassLog;
  /** Called with the result of discovery, even in a pass that fails later. */
  readonly onSnapshot: (snapshot: Snapshot, owner: string) => void;
  /** Called with the report of a pass that could plan. */
  readonly onReport?: (report: Report) => void;
  /** Called after each pass with the current conditions. */
  readonly onConditions?: (conditions: Conditions) => void;
};

export type WatchPass = (number: number, signal: AbortSignal) => Promise<PassOutcome>;

/**
 * Returns a pass for the worker: it plans, applies the changes that the gate admits, logs and
 * counts.
 */
export function createWatchPass<D extends PassDependencies>(options: WatchPassOptions<D>): WatchPass {
  const gate = createGate(options.clock.monotonicMs);
  const flapping = createFlapping();
  const say = openPassLog(options);
  return async (number, signal) => {
    const deps = options.dependencies(number);
    const { clock } = options;
    const startedMs = clock.monotonicMs();
    let seen: Snapshot | undefined;
    const discover = async (either: AbortSignal) => {
      seen = await deps.discover(either);
      // Only a comparison with the control plane detects another account. Until then an unsure
      // snapshot is not served.
      if (seen.scopes.every(isSurelyOurs)) options.onSnapshot(seen, deps.owner);
      return seen;
    };
    const settle = async (ours: Snapshot) => {
      seen = ours;
      options.onSnapshot(ours, deps.owner);
      await deps.settle?.(ours);
    };
    let held: Held = { count: 0 };
    // A refused plan never reaches `admit`, so nothing is held.
    const admit = (changes: readonly Change[]) => {
      const due = gate.admit(changes);
      held = gate.held();
      return due;
    };
    const ended = (outcome: PassOutcome, shortfalls: readonly Shortfall[] = []) =>
      endPass(options, { outcome, shortfalls, startedMs, seen });
    try {
      const done = await options.run({ ...deps, discover, settle, admit }, signal);
      gate.record(done);
      const flips = flapping.record(done.applied ?? []);
      const durationMs = clock.monotonicMs() - startedMs;
      const warnings = [...done.warnings, ...flips, ...slowness(durationMs, options.intervalMs())];
      const report = { ...done, ...reportHeld(held, clock), warnings };
      const outcome = outcomeOf(report, seen, held.untilMs);
      options.onReport?.(report);
      say({ number, report, durationMs });
      const rejected = gate.rejected().length;
      countReport(options.metrics, { report, rejected, flapping: flips.length });
      return ended(outcome, shortfallsOf(report, rejected));
    } catch (thrown) {
      if (signal.aborted) return { kind: 'failed' };
      const { code, retryAfterMs } = thrown instanceof PrivatelinkError ? thrown : {};
      say({ number, code, reason: messageLineOf(thrown) });
      return ended({ kind: 'failed', code, retryAfterMs });
    }
  };
}

/** Returns the same text in each pass, so that the log treats it as one warning. */
function slowness(durationMs: number, intervalMs: number): readonly string[] {
  if (durationMs <= intervalMs) return [];
  const reason = `a pass takes longer than watch.intervalSeconds (${intervalMs / 1_000}), so changes are applied later`;
  return [`${reason}; raise discovery.concurrency where there are many accounts, or watch.intervalSeconds`];
}

type Ended = {
  readonly outcome: PassOutcome;
  readonly shortfalls: readonly Shortfall[];
  readonly startedMs: number;
  readonly seen?: Snapshot;
};

function endPass(
  { metrics, clock }: Pick<WatchPassOptions, 'metrics' | 'clock'>,
  { outcome, shortfalls, startedMs, seen }: Ended,
): PassOutcome {
  if (seen) countScopes(metrics, seen);
  const times = { durationMs: clock.monotonicMs() - startedMs, endedAtMs: clock.now() };
  if (outcome.kind === 'done') countPass(metrics, { ...times, shortfalls });
  else countPass(metrics, { ...times, code: outcome.code, shortfalls: ['failed', ...shortfalls] });
  return outcome;
}

function isSurelyOurs(state: ScopeState): boolean {
  return state.status === 'unknown' || state.scope.account !== 'self' || state.isAccountKept === true;
}

/**
 * Returns the outcome. A pass fails when the control plane, or every account, could not be used. An
 * invalid entity or a refused plan does not shorten the pause.
 */
function outcomeOf(report: Report, seen: Snapshot | undefined, heldUntilMs: number | undefined): PassOutcome {
  const { applied = [] } = report;
  const stopped = applied.find(
    ({ outcome, code, isTransient }) => outcome === 'failed' && (isTransient || code === 'CONTROL_PLANE_AUTH'),
  );
  if (stopped) return { kind: 'failed', code: stopped.code, retryAfterMs: stopped.retryAfterMs };
  if (hasNoCredentials(report)) return { kind: 'failed', code: 'CREDENTIALS' };
  return { kind: 'done', isTransitional: seen !== undefined && transitionalScopes(seen).length > 0, heldUntilMs };
}

/** Converts to the wall clock, for people. */
function reportHeld({ count, untilMs }: Held, { now, monotonicMs }: Clocks): Pick<Report, 'held' | 'heldUntil'> {
  if (untilMs === undefined) return { held: count };
  return { held: count, heldUntil: new Date(now() + untilMs - monotonicMs()).toISOString() };
}
