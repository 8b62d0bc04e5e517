import { isDeepStrictEqual } from 'node:util';
import type { Selection, Stage, StagedConfig, StageEntry } from '#config/stages';
import { messageLineOf } from '#core/errors';
import { canonicalJson } from '#core/json';
import type { Selected } from '../control-planes/konnect/select';
import { configsOf, type KnownStages, listSelections, namesIn } from './stages';

/** Results of label selections, as last listed. A selection that was never listed has no stages. */
export type LabelSelection = {
  /** The known stages. Throws PrivatelinkError as `configsOf` does. */
  readonly stages: (staged: StagedConfig) => KnownStages;
  /**
   * Lists again. Returns whether the stages changed, and why an entry could not be listed; that
   * entry keeps its stages. Rejects only with the signal's reason.
   */
  readonly refresh: (
    staged: StagedConfig,
    signal: AbortSignal,
  ) => Promise<{ readonly isChanged: boolean; readonly problem?: string }>;
};

type Named = { readonly stage: string | undefined; readonly name: string };

/** Remembers what labels select, so that a Konnect without an answer removes no stage. */
export function createSelection(): LabelSelection {
  const known = new Map<string, readonly Named[]>();
  const stagesIn = (entry: StageEntry): readonly Stage[] => {
    if (!('select' in entry)) return [entry];
    const { controlPlane } = entry;
    return (known.get(keyOf(entry)) ?? []).map(({ stage, name }) => ({
      stage,
      controlPlane: { ...controlPlane, name },
    }));
  };
  return {
    stages: (staged) => {
      const perEntry = staged.entries.map(stagesIn);
      return { configs: configsOf(staged, perEntry.flat()), listed: namesIn(perEntry) };
    },
    refresh: async ({ entries }, signal) => {
      const before = entries.flatMap(stagesIn);
      const listed = await listSelections(entries, signal);
      for (const { selection, selected, thrown } of listed)
        if (thrown === undefined) known.set(keyOf(selection), selected.map(namedOf));
      const problems = listed.flatMap(({ thrown }) => (thrown === undefined ? [] : [messageLineOf(thrown)]));
      return {
        isChanged: !isDeepStrictEqual(entries.flatMap(stagesIn), before),
        problem: problems.join('; ') || undefined,
      };
    },
  };
}

function namedOf({ stage, controlPlane: { name } }: Selected): Named {
  return { stage, name };
}

function keyOf({ select, stageLabel, controlPlane: { address } }: Selection): string {
  return canonicalJson({ select, stageLabel, address });
}
