import { PrivatelinkError } from '#core/errors';
import { isConfiguration } from '#deck/revision';
import type { StageMemory } from '../pass/plan-once';
import type { WhyWaiting } from '../pass/report';
import { type MemoryOptions, openMemory } from './memory';

/**
 * A revision has not begun because its trial cannot be recorded. Nothing was written, and the next
 * pass holds the stage at its present revision.
 */
export class UnrecordedTrial extends PrivatelinkError {}

/**
 * Opens the memory of a stage. In a rollout no revision begins before its trial is on the disk:
 * otherwise nobody would watch it or roll it back.
 */
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
