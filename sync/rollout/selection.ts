import { isDeepStrictEqual } from 'node:util';
import type { Config } from '#config/schema';
import type { Stage, StagedConfig, StageEntry } from '#config/stages';
import { messageLineOf } from '#core/errors';
import { canonicalJson } from '#core/json';
import { configsOf, stagesOf } from './stages';

/** What entries selected when they were asked last; until then they stand for nothing. */
export type LabelSelection = {
  /** The stages as far as they are known. Throws PrivatelinkError as `configsOf` does. */
  readonly configs: (staged: StagedConfig) => readonly Config[];
  /** Asks anew; gives whether there are others than before, and why an entry could not be asked, which then stays as it was. Rejects with the signal's reason alone. */
  readonly refresh: (
    staged: StagedConfig,
    signal: AbortSignal,
  ) => Promise<{ readonly isChanged: boolean; readonly problem?: string }>;
};

/** Remembers what labels select: a Konnect that does not answer takes no stage away. */
export function createSelection(): LabelSelection {
  const known = new Map<string, readonly Stage[]>();
  const stagesIn = (entry: StageEntry) => ('select' in entry ? (known.get(canonicalJson(entry)) ?? []) : [entry]);
  return {
    configs: (staged) => configsOf(staged, staged.entries.flatMap(stagesIn)),
    refresh: async ({ entries }, signal) => {
      const before = entries.flatMap(stagesIn);
      const problems: string[] = [];
      for (const entry of entries) {
        try {
          if ('select' in entry) known.set(canonicalJson(entry), await stagesOf(entry, signal));
        } catch (thrown) {
          signal.throwIfAborted();
          problems.push(messageLineOf(thrown));
        }
      }
      return {
        isChanged: !isDeepStrictEqual(entries.flatMap(stagesIn), before),
        problem: problems.join('; ') || undefined,
      };
    },
  };
}
