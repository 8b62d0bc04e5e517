import type { Snapshot } from '#core/model';
import { lastGoodOf, unknownScopes } from '#core/snapshot';
import type { ContractsReport } from '../../contracts/report';
import { isIncomplete, isWithheld, type Report } from '../../pass/report';
import type { AppliedChange } from '../../plan/changes';
import type { Shortfall } from './shortfalls';
import type { Metrics } from './store';

/** Counts the result of discovery, even for a pass that fails later. */
export function countScopes(metrics: Metrics, snapshot: Snapshot): void {
  const ages = snapshot.scopes.map(
    (state) => snapshot.takenAtMs - (lastGoodOf(state)?.observedAtMs ?? snapshot.takenAtMs),
  );
  metrics.count(
    'kong_privatelink_scopes_unknown',
    unknownScopes(snapshot).map(({ code }) => ({ code })),
  );
  metrics.set('kong_privatelink_last_good_age_seconds', Math.max(0, ...ages) / 1_000);
}

export type CountedReport = {
  readonly report: Report;
  /** Entities that wait because the control plane found them invalid. */
  readonly rejected: number;
  readonly flapping: number;
};

/** Counts planned and applied changes of a pass. */
export function countReport(metrics: Metrics, { report, rejected, flapping }: CountedReport): void {
  const { applied = [], publications = [], quarantined, refused, withheld, held = 0 } = report;
  for (const one of applied) countChange(metrics, one);
  if (report.contracts) countContracts(metrics, report.contracts);
  const reasons = [refused ? 'limit' : [], isWithheld(report) ? 'brake' : []].flat();
  metrics.count(
    'kong_privatelink_plan_refused',
    reasons.map((reason) => ({ reason })),
  );
  metrics.count(
    'kong_privatelink_endpoints_quarantined',
    quarantined.map(({ code }) => ({ code })),
  );
  metrics.count('kong_privatelink_changes_withheld', withheld?.changes.map(({ kind }) => ({ kind })) ?? []);
  metrics.set('kong_privatelink_changes_held', held);
  metrics.set('kong_privatelink_pinned', report.pinned ? 1 : 0);
  metrics.set('kong_privatelink_publications_failed', publications.filter(isIncomplete).length);
  metrics.set('kong_privatelink_entities_rejected', rejected);
  metrics.set('kong_privatelink_entities_flapping', flapping);
}

function countChange(metrics: Metrics, { change: { action, kind }, outcome, code }: AppliedChange): void {
  if (outcome === 'applied') metrics.add('kong_privatelink_changes_applied_total', 1, { action, kind });
  else if (outcome === 'failed')
    metrics.add('kong_privatelink_changes_failed_total', 1, { kind, code: code ?? 'other' });
  else metrics.add('kong_privatelink_changes_skipped_total', 1, { kind });
}

function countContracts(metrics: Metrics, { connections, findings, applied = [] }: ContractsReport): void {
  metrics.count(
    'kong_privatelink_contract_connections',
    connections.map(({ serviceId: service, state, mayCall }) => {
      return { service, state, contracted: mayCall.length > 0 ? 'yes' : 'no' };
    }),
  );
  metrics.count(
    'kong_privatelink_contract_findings',
    findings.map(({ code }) => ({ code })),
  );
  for (const { action, outcome } of applied)
    metrics.add('kong_privatelink_contract_actions_total', 1, { action: action.action, outcome });
}

export type EndedPass = {
  /** Code of the error that made the pass fail. */
  readonly code?: string;
  /** Reasons why the pass did not succeed. None: a success. */
  readonly shortfalls: readonly Shortfall[];
  readonly durationMs: number;
  readonly endedAtMs: number;
};

/** Counts a pass that ended. */
export function countPass(metrics: Metrics, { code, shortfalls, durationMs, endedAtMs }: EndedPass): void {
  metrics.add('kong_privatelink_passes_total');
  if (shortfalls.includes('failed')) metrics.add('kong_privatelink_passes_failed_total', 1, { code: code ?? 'other' });
  metrics.observe('kong_privatelink_pass_duration_seconds', durationMs / 1_000);
  metrics.count(
    'kong_privatelink_pass_shortfall',
    shortfalls.map((reason) => ({ reason })),
  );
  metrics.set('kong_privatelink_last_pass_timestamp_seconds', endedAtMs / 1_000);
  if (shortfalls.length === 0) metrics.set('kong_privatelink_last_success_timestamp_seconds', endedAtMs / 1_000);
}
