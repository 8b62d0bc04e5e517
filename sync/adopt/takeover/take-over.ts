import { PrivatelinkError, type Problem } from '#core/errors';
import type { Document, HeldEntity } from '#deck/document';
import type { ControlPlane } from '../../control-planes/control-plane';
import { type PassDependencies, type Planned, planOnce } from '../../pass/plan-once';
import type { Session } from '../../pass/session';
import type { AppliedChange } from '../../plan/changes';
import { writing } from '../../rollout/run-stage';
import { writeInSteps } from './in-steps';
import type { AdoptionRecord } from './record';
import { findRecorded, heldWith, type Steps, stepsOf, unclaimedOf, whyElsewhere, whyNotNow } from './taking';

type Deps = PassDependencies & Pick<Session, 'config'>;

/** A domain to take over. `readWhole` reads all entities of the control plane. */
export type Takeable = { readonly record: AdoptionRecord; readonly readWhole: ControlPlane['read'] };

/** The writes of a takeover, or the reason why it cannot run now. */
export type Takeover = { readonly planned: Planned; readonly steps: Steps; readonly problem?: Problem };

/**
 * Plans, and writes nothing. Throws PrivatelinkError when the control plane cannot be read, or a
 * recorded entity is gone.
 */
export async function planTakeover(
  deps: Deps,
  { record, readWhole }: Takeable,
  signal: AbortSignal,
): Promise<Takeover> {
  const theirs = theirsOf(record, await readWhole(signal));
  const { domain } = record;
  const planned = await planOnce(takingDeps(deps, record, theirs), signal);
  const { plan, report } = planned;
  const uncertainScopes = report.scopes.filter(({ status }) => status === 'unknown').map(({ id }) => id);
  const { quarantined } = report;
  const steps = stepsOf(plan.changes, plan.desired, theirs, record);
  return {
    planned,
    steps,
    problem:
      whyPinned(planned) ??
      whyElsewhere(record, theirs) ??
      whyNotNow({ desired: plan.desired, quarantined, uncertainScopes, domain }) ??
      (steps.replaced.length > 0 ? whyUnclaimed(record, plan.desired) : undefined),
  };
}

/** People's targets of an endpoint stay until addresses of the endpoint replace them. */
function whyUnclaimed(record: AdoptionRecord, desired: Document): Problem | undefined {
  const [id] = unclaimedOf(record, desired);
  if (id === undefined) return undefined;
  return {
    reason: `people's targets lead to endpoint ${id}, but domain ${record.domain} has no target for it`,
    fix: 'put the tags that adopt prints on the endpoint',
  };
}

/**
 * Writes new entities, then the references to them, then removes the replaced targets. Reads and
 * plans again before each step. So people's changes meanwhile stay, and a stopped takeover can be
 * repeated.
 */
export function takeOverDomain(
  deps: Deps,
  taking: Takeable,
  signal: AbortSignal,
): Promise<{ readonly results: readonly AppliedChange[] }> {
  return writing(deps, signal, async (writer, own) => {
    const planNow = async () => {
      const takeover = await planTakeover(writer, taking, own);
      const { problem } = takeover;
      if (problem) throw new PrivatelinkError(problem.reason, { code: 'REJECTED', fix: problem.fix });
      return takeover;
    };
    const first = await planNow();
    const step =
      (of: keyof Steps, plan = planNow) =>
      async () => {
        const { steps } = await plan();
        await writer.prepare?.(steps[of], own);
        return steps[of];
      };
    await writer.memory?.begin(first.planned, [...first.steps.creates, ...first.steps.switches]);
    const steps = [step('creates', async () => first), step('switches'), step('replaced')];
    const results = await writeInSteps(steps, writer, own);
    await writer.memory?.end(first.planned, results);
    return { results };
  });
}

function theirsOf(record: AdoptionRecord, whole: readonly HeldEntity[]): readonly HeldEntity[] {
  const { held, gone } = findRecorded(record, whole);
  // Missing targets are no problem: an earlier step replaced them.
  const missing = gone.filter((name) => !name.startsWith('target:'));
  if (missing.length === 0) return held;
  throw new PrivatelinkError(`${missing.join(', ')} of domain ${record.domain} is not in the control plane any more`, {
    code: 'REJECTED',
    fix: 'restore it, or remove domains.<domain>.adopted and the record from the files, then adopt again',
  });
}

/** Returns the dependencies of a pass that takes these entities over. */
function takingDeps(deps: Deps, { domain, adopted }: AdoptionRecord, theirs: readonly HeldEntity[]): Deps {
  const { route: _, ...settings } = deps.settings[domain] ?? {};
  const read: ControlPlane['read'] = async (signal) => heldWith(await deps.controlPlane.read(signal), theirs, domain);
  return {
    ...deps,
    settings: { ...deps.settings, [domain]: { ...settings, adopted } },
    controlPlane: { ...deps.controlPlane, read },
    publications: [],
  };
}

function whyPinned({ report: { pinned, waits, refused } }: Planned): Problem | undefined {
  if (refused !== undefined) return { reason: `the plan is refused (${refused})`, fix: 'fix this first' };
  if (pinned)
    return {
      reason: `the control plane is pinned to revision ${pinned.revision}`,
      fix: 'end the pin: rollback newest',
    };
  return (
    waits && {
      reason: `the control plane waits for its turn in a rollout (${waits.reason})`,
      fix: 'wait until the rollout ends',
    }
  );
}
