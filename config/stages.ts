import type { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import type { ListedPlane } from './control-planes';
import type { Config, fileSchema, KonnectConfig } from './schema';

/** A control plane, and the name of its stage, which the only one has not. */
export type Stage = Pick<Config, 'stage' | 'controlPlane'>;

/** Every control plane of Konnect that has those labels. */
export type Selection = {
  readonly select: Readonly<Record<string, string>>;
  /** The label whose value is the name of the stage. */
  readonly stageLabel: string;
  readonly controlPlane: Omit<KonnectConfig, 'name'>;
};

export type StageEntry = Stage | Selection;

/** The whole configuration: what all stages share, and an entry for each, or for many. */
export type StagedConfig = Omit<Config, 'controlPlane' | 'stage'> & { readonly entries: readonly StageEntry[] };

/** What a file says, with the control planes as entries. */
export function stagedOf({ controlPlane, controlPlanes = [], ...shared }: z.infer<typeof fileSchema>): StagedConfig {
  return { ...shared, entries: controlPlane ? [{ controlPlane }] : controlPlanes.map(entryOf) };
}

const defaultStageLabel = 'stage';

function entryOf({ stage, ...listed }: ListedPlane): StageEntry {
  if (listed.type !== 'konnect') return { stage, controlPlane: listed };
  const { select, stageLabel = defaultStageLabel, ...konnect } = listed;
  // The schema asks for the name where there is no `select`, and for none beside it.
  return select ? { select, stageLabel, controlPlane: konnect } : { stage, controlPlane: konnect as KonnectConfig };
}

/** The configuration of one stage. */
export function configOf({ entries: _, ...shared }: StagedConfig, { stage, controlPlane }: Stage): Config {
  return Object.freeze({ ...shared, ...(stage !== undefined && { stage }), controlPlane });
}

/** The configuration of the only control plane. Throws PrivatelinkError where there are several. */
export function onlyConfig(staged: StagedConfig): Config {
  const [entry, ...more] = staged.entries;
  if (entry && more.length === 0 && !('select' in entry)) return configOf(staged, entry);
  throw new PrivatelinkError('controlPlanes: several control planes are more than this takes', {
    code: 'CONFIG_INVALID',
    fix: 'use a configuration with one controlPlane',
  });
}
