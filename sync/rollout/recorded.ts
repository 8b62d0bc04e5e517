import { PrivatelinkError } from '#core/errors';
import { isConfiguration } from '#deck/revision';
import type { StageMemory } from '../pass/plan-once';
import type { WhyWaiting } from '../pass/report';
import { type MemoryOptions, openMemory } from './memory';

/** A revision has not begun, since its trial cannot be written down; nothing was written, and the next pass holds the stage at what it runs. */
export class UnrecordedTrial extends PrivatelinkError {}

/** The memory of a stage; in a rollout no revision begins whose trial is not on the disk: nobody would watch it, nor take it back. */
export function openRecorded(options: MemoryOptions): StageMemory {
  const { turn } = options;
  if (!turn) return openMemory(options);
  let unready: WhyWaiting | undefined;
  const memory = openMemory({ ...options, turn: { ...turn, whyNot: async (next) => unready ?? turn.whyNot(next) } });
  return {
    ...memory,
    begin: async (planned, changes) => {
      const warnings = await memory.begin(planned, changes);
      const [reason] = warnings;
      const isHeldBack = unready !== undefined;
      unready = undefined;
      if (reason === undefined || isHeldBack || planned.pinned || !changes.some(isConfiguration)) return warnings;
      unready = { kind: 'unwritable', reason };
      throw new UnrecordedTrial(reason, { code: 'STATE', fix: undefined });
    },
  };
}
