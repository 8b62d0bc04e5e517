import { nameOf } from '#deck/document';
import { isConfiguration } from '#deck/revision';
import { timeOf } from '#io/clock';
import type { Report } from '../../pass/report';
import { backFrom, type StageState, type TrialVerdict, trialOf } from '../journal';
import type { RolloutOfStage } from './rollout-of-stage';
import type { TrialProgress } from './run-trial';
import { isApproved, whoOf } from './turn';

/**
 * Steps of a stage in a rollout. `done`: the stage runs the newest revision and has nothing left to
 * prove. `due`: its turn has come.
 */
export const stageSteps = [
  'done',
  'waits',
  'due',
  'writing',
  'settling',
  'baking',
  'approval',
  'halted',
  'back',
  'pinned',
  'behind',
] as const;

export type StageStep = (typeof stageSteps)[number];

export type StageProgress = {
  readonly stage: string;
  readonly step: StageStep;
  /** The revision that the stage runs. Absent: unknown. */
  readonly revision?: string;
  /** The revision that the stage would run, if it differs. */
  readonly newest?: string;
  /** What the stage waits for, or the result of its trial; for people. */
  readonly reason?: string;
  /** When the wait is expected to end, in ISO 8601. */
  readonly until?: string;
  /** Last samples of the gates in this process. */
  readonly gates?: TrialProgress['samples'];
};

export type StageAsKnown = {
  readonly stage: string;
  readonly state: StageState;
  readonly rollout: Pick<RolloutOfStage, 'config'>;
  /** The last pass. Absent: it failed. */
  readonly report?: Pick<Report, 'waits' | 'pinned' | 'refused' | 'held' | 'heldUntil'> &
    Partial<Pick<Report, 'changes' | 'applied'>>;
  /** Why the pass failed. */
  readonly problem?: string;
  /** A trial that this process runs. */
  readonly trial?: TrialProgress;
  readonly nowMs: number;
};

/** Computes the progress of a stage from its journal, its last pass and its trial. */
export function progressOf(standing: StageAsKnown): StageProgress {
  const { stage, state, report, problem, trial } = standing;
  const { runs: revision, pin, isWhole } = state;
  const known = { stage, revision, gates: trial?.samples };
  if (problem !== undefined || !report) return { ...known, step: 'behind', reason: problem };
  const { waits, pinned, refused } = report;
  if (waits) {
    const { newest, reason, until } = waits;
    return { ...known, step: 'waits', newest, reason, until };
  }
  if (pin || pinned) return { ...known, ...ofPinned(state, pinned?.newest) };
  if (refused) return { ...known, step: 'halted', reason: refused };
  if (!isWhole) return { ...known, step: 'writing', reason: 'not all changes could be written yet' };
  const told = ofTrial(standing);
  return { ...known, ...told, ...(told.step === 'done' && ofUnwritten(report)) };
}

type Told = Pick<StageProgress, 'step' | 'reason' | 'until' | 'newest'>;

function ofPinned(state: StageState, newest: string | undefined): Told {
  const { pin } = state;
  const failed = backFrom(state);
  if (failed) return { step: 'back', newest, reason: `from revision ${failed.revision}: ${failed.verdict.reason}` };
  const taken = pin?.left === undefined ? '' : `revision ${pin.left} was rolled back: correct the configuration, or `;
  return { step: 'pinned', newest, reason: `${taken}rollback newest ends the pin` };
}

/**
 * The step of a stage with unwritten configuration: nobody has written it yet, or a worker collects
 * changes for a while.
 */
function ofUnwritten({ held = 0, heldUntil: until, changes = [], applied = [] }: NonNullable<StageAsKnown['report']>) {
  const written = new Set(applied.map(({ change }) => nameOf(change)));
  const left = changes.filter((one) => isConfiguration(one) && !written.has(nameOf(one))).length;
  if (left === 0) return undefined;
  if (held > 0) return { step: 'writing', reason: 'the worker collects changes for some seconds', until } as const;
  return { step: 'due', reason: `the next pass writes ${left} ${left === 1 ? 'change' : 'changes'}` } as const;
}

/** After an inconclusive trial only a person can ask the gate again. */
function haltedBy({ kind, reason }: TrialVerdict): string {
  return kind === 'inconclusive' ? `inconclusive: ${reason}; then run rollout retry` : reason;
}

function ofTrial({ stage, state, rollout, trial: live, nowMs }: StageAsKnown): Told {
  const trial = trialOf(state);
  if (!trial) return { step: 'done' };
  const { verdict, approved, isFound, bakingSinceMs } = trial;
  if (verdict && verdict.kind !== 'pass') return { step: 'halted', reason: haltedBy(verdict) };
  if (verdict && isApproved(rollout.config, stage) && !approved)
    return { step: 'approval', reason: `waits for rollout approve ${stage}` };
  if (verdict) return { step: 'done', reason: approved && `approved by ${whoOf(approved.by)}` };
  const { settleSeconds, bakeSeconds } = rollout.config;
  if (live?.phase === 'baking') return { step: 'baking', until: timeOf(nowMs + live.leftMs) };
  if (live) return { step: 'settling', reason: 'its data planes load the revision' };
  if (bakingSinceMs !== undefined) return { step: 'baking', until: timeOf(bakingSinceMs + bakeSeconds * 1_000) };
  return isFound ? { step: 'done' } : { step: 'settling', reason: `within ${settleSeconds} s` };
}
