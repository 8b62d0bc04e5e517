import { z } from 'zod';
import { controlPlanes, type StageConfig } from './control-planes';
import type { RolloutConfig } from './rollout';
import { type Config, configSchema, type KonnectConfig } from './schema';
import { anyway } from './values';

const { owner, sources, domains, controlPlane, ...others } = configSchema.shape;

/** The file as people write it: one control plane, or several. */
export const fileSchema = z
  .strictObject({
    ...{ owner, sources, domains },
    controlPlane: controlPlane
      .optional()
      .describe('the control plane to write; required without `controlPlanes`; a data plane needs none'),
    controlPlanes: controlPlanes
      .optional()
      .describe(
        'in place of `controlPlane`: several control planes; each is a stage, so that one stage tries a change first',
      ),
    ...others,
  })
  .superRefine((written, context) => {
    const { controlPlane: one, controlPlanes: several, rollout } = written;
    const refuse = (key: keyof typeof written, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    if (one === undefined && several === undefined)
      refuse('controlPlane', `is required: ${controlPlane.description}, and several stand in controlPlanes`);
    if (one !== undefined && several !== undefined)
      refuse('controlPlanes', 'controlPlane is there too: keep controlPlane for one, or controlPlanes for several');
    if (one !== undefined && rollout !== undefined)
      refuse('rollout', 'it goes from stage to stage: list them in controlPlanes, also where there is one');
    for (const path of unknownStages(rollout, several))
      context.addIssue({
        code: 'custom',
        path: ['rollout', ...path],
        message: 'no stage of controlPlanes has this name: correct it, or add the stage',
      });
  }, anyway);

type Named = { readonly name: string | undefined; readonly path: readonly (string | number)[] };

/** Finds stages of the rollout that the file does not have. Labels may still bring them. */
function unknownStages(rollout: RolloutConfig | undefined, stages: readonly StageConfig[] = []) {
  if (!rollout || stages.some((one) => 'select' in one && one.select)) return [];
  const known = new Set(stages.map(({ stage }) => stage));
  const named = [...namedInOrder(rollout), ...namedInGates(rollout)];
  return named.filter(({ name }) => name !== undefined && !known.has(name)).map(({ path }) => path);
}

function namedInOrder({ order = [] }: RolloutConfig): readonly Named[] {
  return order.flatMap((wave, index) =>
    typeof wave === 'string'
      ? [{ name: wave, path: ['order', index] }]
      : wave.map((name, within) => ({ name, path: ['order', index, within] })),
  );
}

/** The places in which gates name stages. */
export function namedInGates({ gates }: RolloutConfig): readonly Named[] {
  const { approval } = gates;
  const ofGates = (['status', 'requests', 'metrics'] as const).flatMap((kind) =>
    gates[kind].map(({ stage }, index) => ({ name: stage, path: ['gates', kind, index, 'stage'] })),
  );
  const ofApproval = Array.isArray(approval) ? approval : [];
  return [...ofGates, ...ofApproval.map((name, index) => ({ name, path: ['gates', 'approval', index] }))];
}

/** A control plane, with the name of its stage; a single control plane has no stage. */
export type Stage = Pick<Config, 'stage' | 'controlPlane'>;

/** All control planes of Konnect with these labels. */
export type Selection = {
  readonly select: Readonly<Record<string, string>>;
  /** The label whose value is the name of the stage. */
  readonly stageLabel: string;
  readonly controlPlane: Omit<KonnectConfig, 'name'>;
};

export type StageEntry = Stage | Selection;

/** The whole configuration: what all stages share, and an entry for each, or for many. */
export type StagedConfig = Omit<Config, 'controlPlane' | 'stage'> & { readonly entries: readonly StageEntry[] };

/** A parsed file, with its control planes as entries. */
export function stagedOf({ controlPlane, controlPlanes = [], ...shared }: z.infer<typeof fileSchema>): StagedConfig {
  return { ...shared, entries: controlPlane ? [{ controlPlane }] : controlPlanes.map(entryOf) };
}

const defaultStageLabel = 'stage';

function entryOf({ stage, ...listed }: StageConfig): StageEntry {
  if (listed.type !== 'konnect') return { stage, controlPlane: listed };
  const { select, stageLabel = defaultStageLabel, ...konnect } = listed;
  // The schema requires the name without `select`, and forbids it with `select`.
  return select ? { select, stageLabel, controlPlane: konnect } : { stage, controlPlane: konnect as KonnectConfig };
}

/** The configuration of one stage. */
export function configOf({ entries: _, ...shared }: StagedConfig, { stage, controlPlane }: Stage): Config {
  return Object.freeze({ ...shared, ...(stage !== undefined && { stage }), controlPlane });
}

/** Rewrites messages about `controlPlane` for a file with `controlPlanes`. */
export function saidOfStage(stage: string | undefined, text: string): string {
  return stage === undefined ? text : text.replaceAll(/\bcontrolPlane\.(?=[a-z])/g, `controlPlanes[${stage}].`);
}
