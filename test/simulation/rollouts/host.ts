import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#core/timing/clock';
import { type Conductor, createConductor } from '#sync/rollout/advance/conductor';
import type { RolloutEvent } from '#sync/rollout/notify/notifier';
import { createFate } from '../processes';
import { quietAnswers } from '../stages/history';
import type { Configuration } from './history';
import type { Host, Occasion } from './stage';

/** A process with its trials. */
export type Process = Host & {
  readonly conductor: Conductor;
  /** Ends the process and everything in it. */
  readonly end: () => Promise<void>;
};

export type Starting = {
  readonly clock: Clock;
  readonly configuration: Configuration;
  readonly onEvent: (event: RolloutEvent) => void;
};

export function startProcess({ clock, configuration, onEvent }: Starting): Process {
  const ended = new AbortController();
  const conductor = createConductor({ clock, signal: ended.signal, onChange: () => {}, onEvent });
  return {
    occasion: quietly(configuration),
    memories: new Map(),
    conductor,
    end: async () => {
      ended.abort(new Error('the process has ended'));
      await conductor.ended();
    },
  };
}

/** Nothing fails. */
export function quietly(configuration: Configuration): Occasion {
  return { configuration, answers: quietAnswers, fate: createFate(undefined), isByHand: false };
}

/** Resolves when all work waits for the clock, which only the simulation moves. */
export async function quiesce(): Promise<void> {
  for (let idle = 0; idle < 2; idle += 1) {
    await nextTurn();
    if (process.getActiveResourcesInfo().some((one) => /^(fs|filehandleclose)/i.test(one))) idle = -1;
  }
}
