import type { Config } from '#config/schema';
import { configOf, type Selection, type Stage, type StagedConfig, type StageEntry, saidOfStage } from '#config/stages';
import { messageOf, PrivatelinkError } from '#core/errors';
import { canonicalJson } from '#core/json';
import { concurrently } from '#io/concurrently';
import { backendOf } from '../control-planes/backends';
import { labelsOf, type Selected, selectPlanes } from '../control-planes/konnect/select';
import { describePlane } from '../control-planes/plane-identity';

/** Lists of control planes asked for at once. */
const listsAtOnce = 4;

/** Stages that labels select and nobody could list, and why. */
export type Unlisted = { readonly selection: Selection; readonly thrown: unknown };

/** What labels select; with `thrown`, why nobody could list it. */
type Listed = { readonly selection: Selection; readonly selected: readonly Selected[]; readonly thrown?: unknown };

/** Asks Konnect for what entries select: one that cannot be asked takes no other away. Rejects with the signal's reason alone. */
export function listSelections(entries: readonly StageEntry[], signal: AbortSignal): Promise<readonly Listed[]> {
  const selections = entries.filter((entry) => 'select' in entry);
  return concurrently(selections, { limit: listsAtOnce, signal }, async (selection, own): Promise<Listed> => {
    try {
      return { selection, selected: await selectPlanes(selection, own) };
    } catch (thrown) {
      signal.throwIfAborted();
      return { selection, selected: [], thrown };
    }
  });
}

/** All stages as far as they are known. */
export type KnownStages = {
  readonly configs: readonly Config[];
  /** Their names as the file lists them; undefined: labels stand there that nobody could list. */
  readonly listed: readonly (string | undefined)[];
};

/** Gives the configuration of each stage, also of those that labels select. Throws PrivatelinkError as `configsOf` does, and the signal's reason. */
export async function resolveStages(
  staged: StagedConfig,
  signal: AbortSignal,
): Promise<KnownStages & { readonly unlisted: readonly Unlisted[] }> {
  const listed = await listSelections(staged.entries, signal);
  const selectedBy = new Map<StageEntry, readonly Stage[]>(listed.map((one) => [one.selection, one.selected]));
  const perEntry = staged.entries.map((entry) => ('select' in entry ? (selectedBy.get(entry) ?? []) : [entry]));
  const unlisted = listed.flatMap(({ selection, thrown }) => (thrown === undefined ? [] : [{ selection, thrown }]));
  return { configs: configsOf(staged, perEntry.flat()), listed: namesIn(perEntry), unlisted };
}

/** An entry that stands for nothing is one of labels that could not be listed. */
export function namesIn(perEntry: readonly (readonly Pick<Stage, 'stage'>[])[]): KnownStages['listed'] {
  return perEntry.flatMap((stages) => (stages.length > 0 ? stages.map(({ stage }) => stage) : [undefined]));
}

/** Nobody is asked for labels where the stage that is meant stands in the file, and no other has a turn before it. */
export function askedFor(config: StagedConfig, stage: string | undefined): StagedConfig {
  if (config.rollout) return config;
  const listed = config.entries.filter((entry): entry is Stage => !('select' in entry));
  const isListed = stage !== undefined && listed.some((entry) => entry.stage === stage);
  return isListed ? { ...config, entries: listed } : config;
}

/** The stage that is meant by its name. Throws PrivatelinkError where there is none. */
export function onlyStage<S extends Pick<Stage, 'stage'>>(
  stages: readonly S[],
  stage: string,
  unlisted: readonly Unlisted[],
): S {
  const found = stages.find((one) => one.stage === stage);
  if (found) return found;
  const what = `--stage: there is no stage ${JSON.stringify(stage)}`;
  const [missing] = unlisted;
  if (missing) {
    const why = `${what} as far as is known: the stages with ${labelsOf(missing.selection)} cannot be listed`;
    throw new PrivatelinkError(`${why} (${messageOf(missing.thrown)})`, { code: 'UNREACHABLE', fix: undefined });
  }
  const names = stages.flatMap((one) => one.stage ?? []);
  const fix =
    names.length > 0
      ? `the stages are: ${names.join(', ')}`
      : 'leave the option out: the configuration has one controlPlane';
  throw new PrivatelinkError(what, { code: 'CONFIG_INVALID', fix });
}

/** Gives the configuration of each stage, in their order. Throws PrivatelinkError where two have one name, or are one control plane. */
export function configsOf(staged: StagedConfig, stages: readonly Stage[]): readonly Config[] {
  refuseTwins(stages, nameOf, (_, { stage }) => ({
    reason: `two stages are named ${stage}`,
    fix: 'give each a name of its own, in stage or in the label that stageLabel names',
  }));
  refuseTwins(stages, placeOf, (first, second) => ({
    reason: `stages ${first.stage} and ${second.stage} are one control plane, ${describe(first)}`,
    fix: 'remove one of them, or remove the labels that select it',
  }));
  return stages.map((stage) => configOf(staged, stage));
}

type Refusal = (first: Stage, second: Stage) => { readonly reason: string; readonly fix: string };

function refuseTwins(stages: readonly Stage[], keyOf: (stage: Stage) => string, refusalOf: Refusal): void {
  const firsts = new Map<string, Stage>();
  for (const stage of stages) {
    const first = firsts.get(keyOf(stage));
    if (first) {
      const { reason, fix } = refusalOf(first, stage);
      throw new PrivatelinkError(`controlPlanes: ${reason}`, { code: 'CONFIG_INVALID', fix });
    }
    firsts.set(keyOf(stage), stage);
  }
}

function nameOf({ stage = '' }: Stage): string {
  return stage;
}

/** Where it is, however it is written to: a control plane of Konnect is the same one through decK. */
function placeOf({ controlPlane }: Stage): string {
  const { type: _, address, ...place } = backendOf(controlPlane).identity;
  return canonicalJson({ ...place, address: address && new URL(address).href.replace(/\/+$/, '') });
}

function describe({ controlPlane }: Stage): string {
  return describePlane(backendOf(controlPlane).identity);
}

/** What was thrown about one of several control planes, in the words of its entry in the configuration. */
export function errorOfStage(stage: string | undefined, thrown: unknown): unknown {
  if (stage === undefined || !(thrown instanceof PrivatelinkError)) return thrown;
  const { reason, fix, cause, ...details } = thrown;
  return new PrivatelinkError(saidOfStage(stage, reason), { ...details, cause, fix: fix && saidOfStage(stage, fix) });
}
