import { formatProblem } from '#core/errors';
import { nameOf } from '#deck/document';
import { isConfiguration, isOfCallers } from '#deck/revision';
import { actOn, onlyApprovedActions } from '../contracts/in-pass';
import { applyChanges } from '../control-planes/apply';
import { writesBase } from '../control-planes/control-plane';
import { approve } from '../plan/approval';
import type { Change } from '../plan/changes';
import { applyPublications } from '../publish/publish';
import { type PassDependencies, type Planned, planOnce } from './plan-once';
import { hasNoCredentials, type Report } from './report';

/**
 * Makes one pass: plans, counts absences, and applies the plan to the control plane, then to
 * publications, then to the services of contracts. Applies less when policy refuses the plan, or
 * when AWS refuses every scope.
 */
export async function runOnce(deps: PassDependencies, signal: AbortSignal): Promise<Report> {
  const planned = await planApproved(deps, signal);
  deps.onPlanned?.(planned);
  const { plan, report } = planned;
  const { warning } = await deps.absenceStore.write(plan.absences);
  const warned = { ...report, warnings: warning ? [...report.warnings, warning] : report.warnings };
  const { certain } = certainOf(planned);
  if (!certain) return warned;
  const isBlind = hasNoCredentials(report);
  const changes = deps.admit?.(certain) ?? certain;
  const { warnings, ...synced } = await applyStaged(planned, changes, { deps: { ...deps, ...planned.pinned }, signal });
  const { publications = [] } = report;
  if (isBlind || report.refused) return { ...warned, ...synced, warnings: [...warned.warnings, ...warnings] };
  const published = await applyPublications(deps.publications ?? [], publications, { ...deps, signal });
  const { mayWrite } = deps;
  const contracts = await actOn(report.contracts, deps.contracts, { signal, mayWrite, applied: synced.applied });
  return {
    ...warned,
    contracts,
    ...synced,
    warnings: [...warned.warnings, ...warnings],
    publications: report.publications && published,
  };
}

/**
 * The part of a plan that may be written, and why it is not all. `certain` absent: nothing may be
 * written.
 */
export type Certain = { readonly certain?: readonly Change[]; readonly reason?: string };

/**
 * Returns the changes that a pass may write. When policy refuses the plan or AWS refuses every
 * scope, tables of callers are still written: a caller without permission must not get through
 * until somebody looks. When AWS refuses every scope, the configuration of a pinned revision is
 * written too, since it does not come from discovery.
 */
export function certainOf({ plan, report, pinned }: Pick<Planned, 'plan' | 'report' | 'pinned'>): Certain {
  const { refused, unnecessary } = report;
  // When an approved plan is refused, nothing in it is approved.
  if (refused) return { certain: unnecessary ? undefined : someOf(plan.changes.filter(isOfCallers)), reason: refused };
  if (!hasNoCredentials(report)) return { certain: plan.changes };
  const isCertain = (one: Change) => isOfCallers(one) || (pinned !== undefined && isConfiguration(one));
  const certain = plan.changes.filter(isCertain);
  const reason = 'AWS refuses every scope: run doctor to see what is wrong with the credentials';
  return { certain: pinned ? certain : someOf(certain), reason };
}

function someOf(changes: readonly Change[]): readonly Change[] | undefined {
  return changes.length > 0 ? changes : undefined;
}

type Applying = { readonly deps: PassDependencies; readonly signal: AbortSignal };

/**
 * Applies the changes, and records them before and after. Records nothing after another process has
 * taken over as writer.
 */
async function applyStaged(planned: Planned, changes: readonly Change[], { deps, signal }: Applying) {
  deps.mayWrite?.();
  const begun = await deps.memory?.begin(planned, changes);
  const { warnings, ...synced } =
    changes.length > 0 ? await applyPlan(changes, deps, signal) : await applyBase(deps, signal);
  const ended = isWriter(deps) ? await deps.memory?.end(planned, synced.applied ?? []) : undefined;
  return { ...synced, warnings: [begun, warnings, ended].flatMap((some) => some ?? []) };
}

function isWriter({ mayWrite }: PassDependencies): boolean {
  try {
    mayWrite?.();
    return true;
  } catch {
    return false;
  }
}

/** Makes the plan of one pass, reduced to what people approved. */
export async function planApproved(deps: PassDependencies, signal: AbortSignal): Promise<Planned> {
  const planned = await planOnce(deps, signal);
  return { ...planned, ...onlyApproved(planned, deps.approved) };
}

/**
 * Removes changes that nobody approved, if approval is required. An approved plan is about the
 * control plane, so nothing is published.
 */
function onlyApproved(
  { plan, report, held }: Planned,
  approved: PassDependencies['approved'],
): Pick<Planned, 'plan' | 'report'> {
  if (!approved) return { plan, report };
  const { changes, problem, unnecessary, ...rest } = approve(plan.changes, approved.changes, held);
  // People approved the whole plan, not a part of it.
  const braked = approved.withheld
    ? `the approved plan was made while the brake withheld removals (${approved.withheld}): make a new plan with diff --out and that --allow-removals`
    : report.withheld &&
      'the brake withholds the removals named above: make a new plan with diff --out, and give both commands the --allow-removals of that line';
  const withheld = new Set(report.withheld?.changes.map(nameOf));
  return {
    plan: { ...plan, changes },
    report: {
      ...report,
      ...rest,
      unnecessary: unnecessary.filter((one) => !withheld.has(nameOf(one))),
      changes,
      publications: undefined,
      contracts: onlyApprovedActions(report.contracts, approved.contracts),
      refused: report.refused ?? braked ?? (problem && formatProblem(problem)),
    },
  };
}

/** Base files may have changed although no entity has. Only the control plane can tell. */
async function applyBase(
  { controlPlane, mayWrite }: PassDependencies,
  signal: AbortSignal,
): Promise<{ warnings?: undefined; applied?: undefined }> {
  if (!writesBase(controlPlane)) return {};
  mayWrite?.();
  await controlPlane.writeAll([], signal);
  return {};
}

async function applyPlan(changes: readonly Change[], deps: PassDependencies, signal: AbortSignal) {
  const warnings = await deps.prepare?.(changes, signal);
  const { results, rollout } = await applyChanges(changes, {
    ...deps,
    signal,
    onApplied: (applied) => deps.onApplied?.(applied, changes.length),
  });
  return { applied: results, rollout, warnings };
}
