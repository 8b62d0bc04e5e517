import type { Config } from '#config/schema';
import { configOf, type Selection, type Stage, type StagedConfig, type StageEntry, saidOfStage } from '#config/stages';
import { messageOf, PrivatelinkError } from '#core/errors';
import { canonicalJson } from '#core/json';
import { concurrently } from '#io/concurrently';
import { backendOf } from '../control-planes/backends';
import { labelsOf, type Selected, selectPlanes } from '../control-planes/konnect/select';
import { describePlane } from '../control-planes/plane-identity';

/** Control-plane lists that are read at once. */
const listsAtOnce = 4;

/** Labels whose stages could not be listed, and why. */
export type Unlisted = { readonly selection: Selection; readonly thrown: unknown };

/** Stages that labels select. `thrown`: why they could not be listed. */
type Listed = { readonly selection: Selection; readonly selected: readonly Selected[]; readonly thrown?: unknown };

/**
 * Lists in Konnect what entries select. A failure of one entry leaves the others. Rejects only with
 * the signal's reason.
 */
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

/** All known stages. */
export type KnownStages = {
  readonly configs: readonly Config[];
  /** Names in the order of the file. Undefined stands for labels that could not be listed. */
  readonly listed: readonly (string | undefined)[];
};

/**
 * Returns the configuration of each stage, including those that labels select. Throws
 * PrivatelinkError as `configsOf` does, and the signal's reason.
 */
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

/** An entry without stages is a label selection that could not be listed. */
export function namesIn(perEntry: readonly (readonly Pick<Stage, 'stage'>[])[]): KnownStages['listed'] {
  return perEntry.flatMap((stages) => (stages.length > 0 ? stages.map(({ stage }) => stage) : [undefined]));
}

/**
 * Drops label selections, which need a call, when the file names the stage and no rollout gives
 * others an earlier turn.
 */
export function askedFor(config: StagedConfig, stage: string | undefined): StagedConfig {
  if (config.rollout) return config;
  const listed = config.entries.filter((entry): entry is Stage => !('select' in entry));
  const isListed = stage !== undefined && listed.some((entry) => entry.stage === stage);
  return isListed ? { ...config, entries: listed } : config;
}

/** Returns the stage with this name. Throws PrivatelinkError when there is none. */
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

/**
 * Returns the configuration of each stage, in order. Throws PrivatelinkError when two stages have
 * one name or one control plane.
 */
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

/**
 * Identity of the place, whatever the backend: a Konnect control plane is the same one through
 * decK.
 */
function placeOf({ controlPlane }: Stage): string {
  const { type: _, address, ...place } = backendOf(controlPlane).identity;
  return canonicalJson({ ...place, address: address && new URL(address).href.replace(/\/+$/, '') });
}

function describe({ controlPlane }: Stage): string {
  return describePlane(backendOf(controlPlane).identity);
}

/** Names the stage's entry of the configuration in an error about one of several control planes. */
export function errorOfStage(stage: string | undefined, thrown: unknown): unknown {
  if (stage === undefined || !(thrown instanceof PrivatelinkError)) return thrown;
  const { reason, fix, cause, ...details } = thrown;
  return new PrivatelinkError(saidOfStage(stage, reason), { ...details, cause, fix: fix && saidOfStage(stage, fix) });
}
