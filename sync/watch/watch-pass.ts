import type { Logger } from 'pino';
import { transitionalScopes } from '../../core/endpoint-states';
import { messageOf, PrivatelinkError } from '../../core/errors';
import type { Snapshot } from '../../core/model';
import type { Report } from '../report';
import { type PassDependencies, runOnce } from '../run-once';
import { createFlapping, flappingMessage } from './flapping';
import { createGate } from './gate';
import type { Metrics } from './metrics';
import type { PassOutcome } from './schedule';

export type WatchPassOptions = {
  /** Asked at the start of each pass: the configuration may have changed. */
  readonly dependencies: () => PassDependencies;
  readonly metrics: Metrics;
  readonly log: Pick<Logger, 'info' | 'error' | 'warn'>;
  /** Called with what discovery saw, also in a pass that fails later. */
  readonly onSnapshot: (snapshot: Snapshot) => void;
};

export type WatchPass = (number: number, signal: AbortSignal) => Promise<PassOutcome>;

/** A pass for the worker: plans afresh each time, applies what the gate lets through, and logs and counts what came of it. */
export function createWatchPass(options: WatchPassOptions): WatchPass {
  const gate = createGate(() => options.dependencies().clock.now());
  const flapping = createFlapping();
  return async (number, signal) => {
    const deps = options.dependencies();
    const startedMs = deps.clock.now();
    let seen: Snapshot | undefined;
    const discover = async (either: AbortSignal) => {
      seen = await deps.discover(either);
      options.onSnapshot(seen);
      return seen;
    };
    try {
      const report = await runOnce({ ...deps, discover, admit: gate.admit }, signal);
      gate.record(report);
      const flips = flapping.record(report.applied ?? []);
      const outcome = outcomeOf(report, seen, gate.heldUntilMs());
      tellPass(options, {
        number,
        report: { ...report, warnings: [...report.warnings, ...flips.map(flappingMessage)] },
        durationMs: deps.clock.now() - startedMs,
      });
      options.metrics.set('kong_privatelink_entities_rejected', gate.rejected().length);
      options.metrics.set('kong_privatelink_entities_flapping', flips.length);
      return ended(options, outcome, deps.clock.now());
    } catch (thrown) {
      if (signal.aborted) return { kind: 'failed' };
      const { code, retryAfterMs } = thrown instanceof PrivatelinkError ? thrown : {};
      options.log.error({ plan: number, code, reason: messageOf(thrown) }, 'pass failed');
      return ended(options, { kind: 'failed', code, retryAfterMs }, deps.clock.now());
    }
  };
}

/** A pass failed when the control plane could not be used; an invalid entity or a refused plan is no reason to come back sooner. */
function outcomeOf({ applied = [] }: Report, seen: Snapshot | undefined, heldUntilMs: number | undefined): PassOutcome {
  const stopped = applied.find(
    ({ outcome, code, isTransient }) => outcome === 'failed' && (isTransient || code === 'CONTROL_PLANE_AUTH'),
  );
  if (stopped) return { kind: 'failed', code: stopped.code, retryAfterMs: stopped.retryAfterMs };
  return { kind: 'done', isTransitional: seen !== undefined && transitionalScopes(seen).length > 0, heldUntilMs };
}

type Told = { readonly number: number; readonly report: Report; readonly durationMs: number };

function tellPass({ log, metrics }: WatchPassOptions, { number, report, durationMs }: Told): void {
  const { applied = [], scopes, quarantined, refused, warnings, changes } = report;
  const failed = applied.filter(({ outcome }) => outcome === 'failed');
  const counts = {
    changes: changes.length,
    applied: applied.filter(({ outcome }) => outcome === 'applied').length,
    failed: failed.length,
    unknownScopes: scopes.filter(({ status }) => status === 'unknown').length,
    quarantined: quarantined.length,
  };
  log.info({ plan: number, ...counts, durationMs, refused }, 'pass ended');
  for (const { change, code, error } of failed)
    log.error({ plan: number, kind: change.kind, key: change.key, code, reason: error }, 'change failed');
  for (const { id, status, code, reason } of scopes)
    if (status === 'unknown') log.warn({ plan: number, scope: id, code, reason }, 'scope unknown');
  for (const reason of warnings) log.warn({ plan: number, reason }, 'warning');
  metrics.set('kong_privatelink_pass_duration_seconds', durationMs / 1_000);
  metrics.add('kong_privatelink_changes_applied_total', counts.applied);
  metrics.add('kong_privatelink_changes_failed_total', counts.failed);
  metrics.set('kong_privatelink_scopes_unknown', counts.unknownScopes);
  metrics.set('kong_privatelink_endpoints_quarantined', counts.quarantined);
  metrics.set('kong_privatelink_last_good_age_seconds', Math.max(0, ...scopes.map(({ ageMs = 0 }) => ageMs)) / 1_000);
  metrics.set('kong_privatelink_plan_refused', refused ? 1 : 0);
}

function ended({ metrics }: WatchPassOptions, outcome: PassOutcome, nowMs: number): PassOutcome {
  metrics.add('kong_privatelink_passes_total');
  metrics.set('kong_privatelink_last_pass_timestamp_seconds', nowMs / 1_000);
  if (outcome.kind === 'failed') metrics.add('kong_privatelink_passes_failed_total');
  else metrics.set('kong_privatelink_last_success_timestamp_seconds', nowMs / 1_000);
  return outcome;
}
