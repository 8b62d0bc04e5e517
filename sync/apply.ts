import type { Clock } from '../core/clock';
import { concurrently } from '../core/concurrently';
import { type ErrorCode, messageOf, PrivatelinkError } from '../core/errors';
import { groupBy } from '../core/group-by';
import type { Change } from './changes';
import type { ControlPlane, ForeignEntity, Rollout } from './control-plane';
import type { AppliedChange } from './report';

export type ApplyOptions = {
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  /** Writes at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  /** Called after every write, for progress. */
  readonly onApplied?: (applied: AppliedChange) => void;
};

export type Applied = { readonly results: readonly AppliedChange[]; readonly rollout?: Rollout };

/** Data planes get this long to take up what was created before anything is deleted (design: order). */
const rolloutWaitMs = 30_000;
const rolloutPollMs = 500;

/** Errors after which further writes would only fail too; the next pass plans afresh (fm-15). */
const stopping: ReadonlySet<ErrorCode> = new Set(['CONTROL_PLANE_AUTH', 'RATE_LIMITED', 'UNREACHABLE', 'TIMEOUT']);

/** Applies the changes in their order, kind after kind; a failure costs its dependents and its domain's deletes, nothing else. */
export async function applyChanges(changes: readonly Change[], options: ApplyOptions): Promise<Applied> {
  const progress: Progress = { results: [], failed: new Set(), stopped: undefined };
  for (const foreign of await readForeign(changes, options)) progress.failed.add(`${foreign.kind}:${foreign.key}`);
  const foreign = new Set(progress.failed);
  const stages = [...groupBy(changes, (change) => `${change.action} ${change.kind}`).values()];
  const upserts = stages.filter((stage) => stage[0]?.action !== 'delete');
  const deletes = stages.filter((stage) => stage[0]?.action === 'delete');
  for (const stage of upserts) await applyStage(stage, { progress, foreign, options });
  const rollout = deletes.length > 0 && upserts.length > 0 ? await awaitRollout(options) : undefined;
  for (const stage of deletes) await applyStage(stage, { progress, foreign, options });
  return { results: progress.results, rollout };
}

type Progress = { readonly results: AppliedChange[]; readonly failed: Set<string>; stopped: string | undefined };
type Stage = { readonly progress: Progress; readonly foreign: ReadonlySet<string>; readonly options: ApplyOptions };

async function readForeign(changes: readonly Change[], options: ApplyOptions): Promise<readonly ForeignEntity[]> {
  const creates = changes.filter((change) => change.action === 'create');
  return creates.length > 0 ? options.controlPlane.readForeign(creates, options.signal) : [];
}

async function applyStage(stage: readonly Change[], { progress, foreign, options }: Stage): Promise<void> {
  await concurrently(stage, options.concurrency, async (change) => {
    const applied = await applyOne(change, { progress, foreign, options });
    if (applied.outcome !== 'applied') {
      progress.failed.add(`${change.kind}:${change.key}`);
      progress.failed.add(`domain:${change.domain}`);
    }
    progress.results.push(applied);
    options.onApplied?.(applied);
  });
}

async function applyOne(change: Change, { progress, foreign, options }: Stage): Promise<AppliedChange> {
  if (foreign.has(`${change.kind}:${change.key}`)) return { change, outcome: 'failed', error: foreignMessage(change) };
  const skipped = whySkipped(change, progress);
  if (skipped) return { change, outcome: 'skipped', error: skipped };
  try {
    await options.controlPlane.write(change, options.signal);
    return { change, outcome: 'applied' };
  } catch (thrown) {
    if (thrown instanceof PrivatelinkError && stopping.has(thrown.code)) progress.stopped = messageOf(thrown);
    return { change, outcome: 'failed', error: messageOf(thrown) };
  }
}

function whySkipped(change: Change, { failed, stopped }: Progress): string | undefined {
  if (stopped) return `not tried after: ${stopped}`;
  const parent = parentOf(change);
  if (parent && failed.has(parent)) return `its ${parent.replace(':', ' ')} could not be written`;
  if (change.action === 'delete' && failed.has(`domain:${change.domain}`)) {
    return `kept, because another change of domain ${change.domain} failed`;
  }
  return undefined;
}

function parentOf({ kind, after }: Change): string | undefined {
  if (!after?.parent) return undefined;
  return `${kind === 'target' ? 'upstream' : 'service'}:${after.parent}`;
}

function foreignMessage({ kind, key }: Change): string {
  return (
    `${kind} ${key} exists already without this owner's tags and is left as it is: ` +
    'rename or delete it, or give it the tags if it shall be managed here'
  );
}

/** Waits until all connected data planes run the new configuration, or for 30 s; not at all when none is connected. */
async function awaitRollout({ controlPlane, clock, signal }: ApplyOptions): Promise<Rollout | undefined> {
  const untilMs = clock.now() + rolloutWaitMs;
  for (;;) {
    // What data planes report is a courtesy to them: an answer that fails never blocks the deletes.
    const rollout = await controlPlane.readRollout(signal).catch(() => undefined);
    if (!rollout || rollout.inSync >= rollout.nodes || clock.now() >= untilMs) return rollout;
    await clock.sleep(rolloutPollMs, signal);
  }
}
