import { type ErrorCode, messageOf, PrivatelinkError } from '#core/errors';
import { groupBy } from '#core/group-by';
import type { Clock } from '#core/timing/clock';
import { nameOf } from '#deck/document';
import { concurrently } from '#io/concurrently';
import { delayedSignal, stoppedAfter } from '#io/signals';
import { type During, quietly } from '#io/terminal';
import { type AppliedChange, type Change, turnOf } from '../plan/changes';
import { failureNames, whySkipped } from '../plan/dependants';
import type { ForeignEntity } from '../plan/foreign-entities';
import { foreignMessage, takesPaths } from '../plan/foreign-entities';
import {
  type ControlPlane,
  type DocumentControlPlane,
  type EntityControlPlane,
  type FailedChange,
  type Rollout,
  writesBase,
} from './control-plane';
import { awaitRollout, readRolloutInTime } from './data-planes';

export type ApplyOptions = {
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  /** Writes at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly during?: During;
  /** Called before each write. Throws when another process now writes. */
  readonly mayWrite?: () => void;
  /** Called after every write, for progress. */
  readonly onApplied?: (applied: AppliedChange) => void;
};

export type Applied = { readonly results: readonly AppliedChange[]; readonly rollout?: Rollout };

const waiting = 'waiting for the data planes';
/**
 * A write in flight gets this long to end when the pass is stopped: less than the 10 s that a stop
 * may take.
 */
const finishMs = 8_000;

/** Errors after which more writes would fail too. The next pass plans again (fm-15). */
const stopping: ReadonlySet<ErrorCode> = new Set([
  'CONTROL_PLANE_AUTH',
  'RATE_LIMITED',
  'UNREACHABLE',
  'BAD_CONNECTION',
  'TIMEOUT',
  'OTHER_WRITER',
]);

/**
 * Konnect's documented limit is 10,000 entities of a kind. Five kinds, four writes at once, take
 * this long at 280 ms each.
 */
const applyTimeoutMs = 3_600_000;

/**
 * Applies the changes in their order, kind after kind, within an hour (fm-54). A failure stops only
 * the changes that depend on it.
 */
export function applyChanges(changes: readonly Change[], options: ApplyOptions): Promise<Applied> {
  const late = () =>
    new PrivatelinkError(`not everything was written within ${applyTimeoutMs / 60_000} minutes`, {
      code: 'TIMEOUT',
      fix: 'the next pass goes on from here; check that the control plane answers fast enough',
    });
  return stoppedAfter(({ signal }) => applyUntil(changes, { ...options, signal }), {
    signal: options.signal,
    timeoutMs: applyTimeoutMs,
    late,
  });
}

/** Ends with what is written by then when its signal aborts. */
async function applyUntil(changes: readonly Change[], options: ApplyOptions): Promise<Applied> {
  const foreign = new Map((await readForeign(changes, options)).map((one) => [nameOf(one), one]));
  const progress: Progress = { results: [], failed: new Set(), stopped: undefined };
  const { controlPlane } = options;
  const writing = delayedSignal(options.signal, finishMs);
  const stage = { progress, foreign, options, writeSignal: writing.signal };
  try {
    const rollout =
      controlPlane.takes === 'document'
        ? await applyWhole(changes, stage, controlPlane)
        : await applyInStages(changes, { ...stage, write: controlPlane.write });
    return { results: progress.results, rollout: rollout ?? (await readRolloutInTime(options)) };
  } finally {
    writing.release();
  }
}

/**
 * Hands over, in one write, all changes that are not taken and do not depend on taken ones. When
 * the write fails, all of them failed.
 */
async function applyWhole(
  changes: readonly Change[],
  stage: Omit<Stage, 'write'>,
  controlPlane: DocumentControlPlane,
): Promise<undefined> {
  const admitted: Change[] = [];
  const { onApplied, mayWrite, ...silent } = stage.options;
  const progress: Progress = { ...stage.progress, results: [] };
  const admit = async (change: Change) => void admitted.push(change);
  for (const change of changes) await applyStage([change], { ...stage, progress, options: silent, write: admit });
  const { during = quietly } = silent;
  const write = () => writeWhole(admitted, { controlPlane, mayWrite, signal: stage.writeSignal });
  const failed = await during('writing', write);
  const failures = new Map(failed.map((one) => [one.change, one]));
  for (const one of progress.results) {
    const failure = failures.get(one.change);
    const applied = failure ? failedChange(one.change, failure.thrown, silent.signal) : one;
    stage.progress.results.push(applied);
    onApplied?.(applied);
  }
}

type WholeOptions = Pick<ApplyOptions, 'mayWrite' | 'signal'> & { readonly controlPlane: DocumentControlPlane };

async function writeWhole(
  changes: readonly Change[],
  { controlPlane, mayWrite, signal }: WholeOptions,
): Promise<readonly FailedChange[]> {
  // Base files may have changed although all our changes are left out.
  if (changes.length === 0 && !writesBase(controlPlane)) return [];
  try {
    mayWrite?.();
    return await controlPlane.writeAll(changes, signal);
  } catch (thrown) {
    if (changes.length === 0) throw thrown;
    return changes.map((change) => ({ change, thrown }));
  }
}

/**
 * Applies creates and updates, then deletes, each kind at once. Returns the state of the data
 * planes in between, if it was awaited.
 */
async function applyInStages(changes: readonly Change[], stage: Stage): Promise<Rollout | undefined> {
  const { options } = stage;
  const stages = [...groupBy(changes, (change) => `${turnOf(change)} ${change.action} ${change.kind}`).values()];
  const deletes = stages.filter(([first]) => first?.action === 'delete');
  const last = stages.filter(([first]) => first && turnOf(first) === 'last');
  const upserts = stages.filter((one) => !deletes.includes(one) && !last.includes(one));
  const isOrdered = upserts.length > 0 && deletes.length > 0;
  const before = isOrdered ? await readRolloutInTime(options) : undefined;
  for (const upsert of upserts) await applyStage(upsert, stage);
  const isAwaited = isOrdered && stage.progress.results.some(({ outcome }) => outcome === 'applied');
  const { during = quietly } = options;
  const rollout = isAwaited ? await during(waiting, () => awaitRollout(before, options)) : undefined;
  for (const removal of [...deletes, ...last]) await applyStage(removal, stage);
  return rollout;
}

/**
 * `failed` holds names of entities (`kind:key`), and of groups (`targets of <upstream>`, `plugins
 * of <service>`).
 */
type Progress = { readonly results: AppliedChange[]; readonly failed: Set<string>; stopped: string | undefined };
type Stage = {
  readonly progress: Progress;
  readonly foreign: ReadonlyMap<string, ForeignEntity>;
  readonly options: ApplyOptions;
  readonly write: EntityControlPlane['write'];
  /** Outlives the pass's signal, so that a write in flight ends completely. */
  readonly writeSignal: AbortSignal;
};

/**
 * Returns the changes whose name or path is taken. Throws PrivatelinkError when the control plane
 * cannot be read.
 */
export async function readForeign(
  changes: readonly Change[],
  { controlPlane, signal }: Pick<ApplyOptions, 'controlPlane' | 'signal'>,
): Promise<readonly ForeignEntity[]> {
  const asked = changes.filter((change) => change.action === 'create' || takesPaths(change));
  return asked.length > 0 ? controlPlane.readForeign(asked, signal) : [];
}

async function applyStage(changes: readonly Change[], stage: Stage): Promise<void> {
  const { progress, options } = stage;
  const { concurrency: limit, signal } = options;
  await concurrently(changes, { limit, signal }, async (change) => {
    const applied = await applyOne(change, stage);
    if (applied.outcome !== 'applied') for (const name of failureNames(change)) progress.failed.add(name);
    progress.results.push(applied);
    options.onApplied?.(applied);
  });
}

async function applyOne(change: Change, stage: Stage): Promise<AppliedChange> {
  const { progress, foreign, options } = stage;
  if (options.signal.aborted) progress.stopped ??= messageOf(options.signal.reason);
  const taken = foreign.get(nameOf(change));
  if (taken) return { change, outcome: 'failed', error: foreignMessage(taken) };
  const skipped = whySkipped(change, progress);
  if (skipped) return { change, outcome: 'skipped', error: skipped, isTransient: progress.stopped !== undefined };
  try {
    options.mayWrite?.();
    await stage.write(change, stage.writeSignal);
    return { change, outcome: 'applied' };
  } catch (thrown) {
    const isStopped = options.signal.aborted || (thrown instanceof PrivatelinkError && stopping.has(thrown.code));
    if (isStopped) progress.stopped ??= messageOf(thrown);
    return failedChange(change, thrown, options.signal);
  }
}

function failedChange(change: Change, thrown: unknown, signal: AbortSignal): AppliedChange {
  const known = thrown instanceof PrivatelinkError ? thrown : undefined;
  return {
    change,
    outcome: 'failed',
    error: messageOf(thrown),
    isTransient: signal.aborted || known?.transient === true,
    code: known?.code,
    retryAfterMs: known?.retryAfterMs,
  };
}
