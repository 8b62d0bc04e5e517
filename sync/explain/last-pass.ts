import type { Planned } from '../pass/plan-once';
import type { Report } from '../pass/report';
import type { Session } from '../pass/session';
import type { View } from './view';

/** What the passes over one control plane leave for those who ask. */
export type LastPass = {
  /** Told of each plan before anything of it is written. */
  readonly onPlanned: (planned: Planned) => void;
  /** Told of what came of it. */
  readonly onReport: (done: Report, session: Pick<Session, 'config' | 'place'>) => void;
  /** Of the last pass that could plan and ended; undefined: there was none. */
  readonly view: (nowMs: number) => View | undefined;
};

/** Keeps the last pass alone. */
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
