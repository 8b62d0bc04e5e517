import { messageLineOf } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import type { Report } from '../../pass/report';
import { nothingRun, type StageState } from '../journal';
import type { StageSession } from '../open-stages';
import { progressOf, type StageProgress } from './progress';
import type { TrialProgress } from './run-trial';

/** State of a stage after its last pass. */
export type Known = {
  readonly session: StageSession;
  readonly state: StageState;
  readonly report?: Report;
  /** Why the pass failed. */
  readonly problem?: string;
};

/** The known state of the stages in a rollout. */
export type KnownOfStages = {
  /** Takes the report of a pass. Returns the new state, and the state of the journal before. */
  readonly take: (session: StageSession, stage: string, report: Report) => Promise<Known & { before?: StageState }>;
  readonly fail: (session: StageSession, stage: string, thrown: unknown) => void;
  /** Reads the journal of the stage again. */
  readonly refresh: (stage: string) => Promise<void>;
  readonly forget: (stage: string) => void;
  readonly session: (stage: string) => StageSession | undefined;
  readonly names: () => readonly string[];
  readonly entries: () => readonly (readonly [string, Known])[];
  readonly progress: (stage: string, trial: TrialProgress | undefined) => StageProgress | undefined;
};

export function createKnown(clock: Clock): KnownOfStages {
  const stages = new Map<string, Known>();
  const stateOf = async (session: StageSession) => (await session.remembered.journal.read()).state;
  return {
    take: async (session, stage, report) => {
      const known = { session, state: await stateOf(session), report };
      const before = stages.get(stage)?.state;
      stages.set(stage, known);
      return { ...known, before };
    },
    fail: (session, stage, thrown) => {
      const { state } = stages.get(stage) ?? { state: nothingRun };
      stages.set(stage, { session, state, problem: messageLineOf(thrown) });
    },
    refresh: async (stage) => {
      const known = stages.get(stage);
      if (!known) return;
      const state = await stateOf(known.session);
      const now = stages.get(stage);
      if (now) stages.set(stage, { ...now, state });
    },
    forget: (stage) => void stages.delete(stage),
    session: (stage) => stages.get(stage)?.session,
    names: () => [...stages.keys()],
    entries: () => [...stages],
    progress: (stage, trial) => {
      const known = stages.get(stage);
      const { rollout } = known?.session ?? {};
      return known && rollout && progressOf({ ...known, stage, rollout, trial, nowMs: clock.now() });
    },
  };
}
