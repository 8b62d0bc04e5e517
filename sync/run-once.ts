import { settleClaims } from '../core/claims';
import type { Clock } from '../core/clock';
import { hasAnswered } from '../core/has-answered';
import type { DomainSettings, Quarantined, Snapshot } from '../core/model';
import { renderDesired } from '../deck/desired';
import type { Document } from '../deck/document';
import type { ConfirmGone } from '../discovery/confirm-gone';
import { applyChanges } from './apply';
import type { ControlPlane, HeldEntity } from './control-plane';
import { collectEvidence } from './evidence';
import { incumbentsOf } from './incumbents';
import { missingEndpoints } from './missing';
import { makePlan, outcomeOf, type Plan } from './plan';
import { type Absences, brake, type Policy } from './policy';
import { type AppliedChange, type Report, reportScope } from './report';

/** Where absences are counted between passes; a store that cannot be read or written says so in a warning, never by throwing. */
export interface AbsenceStore {
  read(): Promise<{ readonly absences: Absences; readonly warning?: string }>;
  write(absences: Absences): Promise<{ readonly warning?: string }>;
}

export type PassDependencies = {
  readonly owner: string;
  readonly settings: Readonly<Record<string, DomainSettings>>;
  readonly policy: Policy;
  readonly concurrency: number;
  readonly discover: (signal: AbortSignal) => Promise<Snapshot>;
  readonly confirmGone: ConfirmGone;
  readonly controlPlane: ControlPlane;
  readonly absenceStore: AbsenceStore;
  readonly clock: Clock;
  readonly onApplied?: (applied: AppliedChange, total: number) => void;
};

/** A pass before anything is written. */
export type Planned = {
  readonly snapshot: Snapshot;
  readonly held: readonly HeldEntity[];
  readonly plan: Plan;
  /** What the control plane holds once the plan is applied. */
  readonly outcome: Document;
  readonly report: Report;
};

/** Discovers, reads the control plane and plans; writes nothing. Throws PrivatelinkError when the control plane cannot be read. */
export async function planOnce(deps: PassDependencies, signal: AbortSignal): Promise<Planned> {
  const [discovered, held, stored] = await readAll(deps, signal);
  const { goneIds, warnings } = await deps.confirmGone(missingEndpoints(discovered, held), signal);
  const snapshot = { ...discovered, goneIds };
  const { plan, quarantined } = planSnapshot(snapshot, { deps, held, absences: stored.absences });
  const refused = brake(plan.changes, held, deps.policy);
  const report: Report = {
    owner: deps.owner,
    scopes: snapshot.scopes.map((state) => reportScope(state, snapshot.takenAtMs)),
    quarantined,
    changes: plan.changes,
    kept: plan.kept,
    refused,
    warnings: [
      ...(snapshot.warnings ?? []),
      ...(stored.warning ? [stored.warning] : []),
      ...warnings,
      ...unclaimed(snapshot, plan, deps),
    ],
  };
  return { snapshot, held, plan, outcome: outcomeOf(held, plan), report };
}

/** Reads both sides at once; when one fails the other is stopped, so that nobody waits for it. */
async function readAll({ discover, controlPlane, absenceStore }: PassDependencies, signal: AbortSignal) {
  const stopping = new AbortController();
  const either = AbortSignal.any([signal, stopping.signal]);
  try {
    return await Promise.all([discover(either), controlPlane.read(either), absenceStore.read()]);
  } catch (thrown) {
    stopping.abort(thrown);
    throw thrown;
  }
}

type PlanContext = {
  readonly deps: PassDependencies;
  readonly held: readonly HeldEntity[];
  readonly absences: Absences;
};

function planSnapshot(snapshot: Snapshot, { deps, held, absences }: PlanContext) {
  const { owner, settings, policy, clock } = deps;
  const claims = settleClaims(snapshot, incumbentsOf(held, snapshot));
  const desired = renderDesired({ owner, domains: claims.domains, settings });
  const plan = makePlan({
    desired,
    held,
    settings,
    evidence: collectEvidence(snapshot, claims.quarantined),
    policy,
    absences,
    allScopesAnswered: snapshot.scopes.every(hasAnswered),
    nowMs: clock.now(),
  });
  return { plan, quarantined: [...quarantinedOf(snapshot), ...claims.quarantined] };
}

/** Configured domains that no endpoint claims, where all scopes were read: most likely a typing error. */
function unclaimed(snapshot: Snapshot, { desired }: Plan, { settings }: PassDependencies): readonly string[] {
  if (snapshot.scopes.some((state) => state.status === 'unknown')) return [];
  const claimed = new Set(desired.map((one) => one.domain));
  return Object.keys(settings)
    .filter((domain) => !claimed.has(domain))
    .map((domain) => `domains.${domain}: no endpoint that can be used claims this domain`);
}

function quarantinedOf(snapshot: Snapshot): readonly Quarantined[] {
  return snapshot.scopes.flatMap((state) => {
    const discovered = state.status === 'known' ? state.discovered : state.lastGood?.discovered;
    return discovered?.quarantined ?? [];
  });
}

/** One pass: plans, counts absences, and applies unless policy refuses. */
export async function runOnce(deps: PassDependencies, signal: AbortSignal): Promise<Report> {
  const { plan, report } = await planOnce(deps, signal);
  const { warning } = await deps.absenceStore.write(plan.absences);
  const warned = { ...report, warnings: warning ? [...report.warnings, warning] : report.warnings };
  if (report.refused || plan.changes.length === 0) return warned;
  const { results, rollout } = await applyChanges(plan.changes, {
    ...deps,
    signal,
    onApplied: (applied) => deps.onApplied?.(applied, plan.changes.length),
  });
  return { ...warned, applied: results, rollout };
}
