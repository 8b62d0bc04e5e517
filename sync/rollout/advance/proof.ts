import { basePart, type Parts } from '#deck/revision';
import type { WhyWaiting } from '../../pass/report';
import { backFrom, type StageState, type StageTrial, type TrialVerdict, trialOf } from '../journal';

/** A revision for a stage, with its parts and the names of parts that change. */
export type NextRevision = { readonly revision: string; readonly parts: Parts; readonly changed: readonly string[] };

/** Names of parts that differ, sorted. */
export function changedParts(before: Parts, after: Parts): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((one) => before[one] !== after[one])
    .sort();
}

/** An earlier stage, which must prove a revision before later stages get it. */
export type Earlier = {
  readonly stage: string;
  readonly state: StageState;
  /** Its trials need the approval of a person. */
  readonly needsApproval: boolean;
  /** Its control plane gets base files. */
  readonly takesBase: boolean;
};

/**
 * Why the earlier stage does not prove the candidate. Undefined: it does. To prove it, the stage
 * runs completely a revision that passed its trial and contains every change of the candidate. The
 * comparison is by content, so that no race and no restart lets anything else through
 * (docs/decisions/0049-rollouts.md).
 */
export function whyUnproved(earlier: Earlier, candidate: NextRevision): WhyWaiting | undefined {
  const { stage, state } = earlier;
  const { isWhole, pin, skipped = [] } = state;
  const trial = trialOf(state);
  if (skipped.includes(candidate.revision)) return undefined;
  if (pin) return ofPinned(stage, state);
  const waits = (reason: string): WhyWaiting => ({ kind: 'earlier', stage, reason: `stage ${stage} ${reason}` });
  if (!trial) return waits('has not proved this revision');
  const missing = candidate.changed.filter(
    (part) => trial.parts[part] !== candidate.parts[part] && (part !== basePart || earlier.takesBase),
  );
  if (missing.length > 0) return waits(`does not have the change of ${namesOf(missing)} yet`);
  if (!isWhole) return waits('does not have all of this revision yet');
  return ofTrial(earlier, trial);
}

function ofTrial({ stage, needsApproval }: Earlier, { verdict, approved }: StageTrial): WhyWaiting | undefined {
  if (!verdict) return { kind: 'earlier', stage, reason: `stage ${stage} has this revision on trial` };
  if (verdict.kind !== 'pass') return { kind: 'halted', stage, reason: `stage ${stage} halted${byGate(verdict)}` };
  if (!needsApproval || approved) return undefined;
  return { kind: 'approval', stage, reason: `stage ${stage} passed, and waits for rollout approve ${stage}` };
}

function ofPinned(stage: string, state: StageState): WhyWaiting {
  const failed = backFrom(state);
  if (failed) {
    const reason = `stage ${stage} rolled back from revision ${failed.revision}${byGate(failed.verdict)}`;
    return { kind: 'halted', stage, reason };
  }
  return { kind: 'pinned', stage, reason: `stage ${stage} is pinned to revision ${state.pin?.revision}` };
}

/** The stage itself shows the samples. Repeated at each later stage, they would hide the rest. */
function byGate({ gate }: TrialVerdict): string {
  return gate === undefined ? '' : ` (gate ${gate})`;
}

/** More names would hide the message. */
const mostNames = 5;

function namesOf(parts: readonly string[]): string {
  const more = parts.length - mostNames;
  return `${parts.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
