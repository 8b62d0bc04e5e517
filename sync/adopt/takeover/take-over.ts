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

/** One domain, on its way from people to the product; `readWhole` gives all that the control plane holds. */
export type Takeable = { readonly record: AdoptionRecord; readonly readWhole: ControlPlane['read'] };

/** What taking over writes, or why it cannot be done now. */
export type Takeover = { readonly planned: Planned; readonly steps: Steps; readonly problem?: Problem };

/** Plans, and writes nothing. Throws PrivatelinkError where the control plane cannot be read, or what is recorded is gone. */
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

/** What people wrote for an endpoint stays until addresses of that endpoint stand in its place. */
function whyUnclaimed(record: AdoptionRecord, desired: Document): Problem | undefined {
  const [id] = unclaimedOf(record, desired);
  if (id === undefined) return undefined;
  return {
    reason: `endpoint ${id}, to which people's targets lead, has no target of domain ${record.domain}`,
    fix: 'put the tags on it that adopt prints',
  };
}

/**
 * Writes what is new, then what leads there, then takes away what that replaces; reads and plans anew before each, so that what people write
 * meanwhile stays, and that it can be repeated after it was stopped.
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
  // Targets that it replaced already are gone rightly.
  const missing = gone.filter((name) => !name.startsWith('target:'));
  if (missing.length === 0) return held;
  throw new PrivatelinkError(`${missing.join(', ')} of domain ${record.domain} is not in the control plane any more`, {
    code: 'REJECTED',
    fix: 'bring it back, or take domains.<domain>.adopted and the record out, and adopt anew',
  });
}

/** What a pass plans with while these entities are taken over. */
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
  if (refused !== undefined) return { reason: `the plan is refused (${refused})`, fix: 'mend that first' };
  if (pinned)
    return {
      reason: `the control plane is pinned to revision ${pinned.revision}`,
      fix: 'end the pin: rollback newest',
    };
  return (
    waits && { reason: `the control plane waits for its turn in a rollout (${waits.reason})`, fix: 'let it end first' }
  );
}
