import type { Planned } from '../pass/plan-once';
import type { Report } from '../pass/report';
import type { Session } from '../pass/session';
import type { View } from './view';

/** The last pass over one control plane, kept for questions. */
export type LastPass = {
  /** Called with each plan before any write. */
  readonly onPlanned: (planned: Planned) => void;
  /** Called with the result of the pass. */
  readonly onReport: (done: Report, session: Pick<Session, 'config' | 'place'>) => void;
  /** View of the last pass that planned and ended. Undefined: no such pass. */
  readonly view: (nowMs: number) => View | undefined;
};

/** Keeps only the last pass. */
export function createLastPass(): LastPass {
  let planned: Planned | undefined;
  let last: Omit<View, 'nowMs'> | undefined;
  return {
    onPlanned: (one) => {
      planned = one;
    },
    onReport: (done, { config, place }) => {
      if (planned) last = { planned, config, place, foreign: [], done };
    },
    view: (nowMs) => last && { ...last, nowMs },
  };
}
