import type { SnapshotConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import type { Discovered, Observed, ScopeState, Snapshot, UnknownScope } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import { type Clocks, createTimeline } from '#core/timing/clock';
import { type HoldValue, holdAsItIs } from '#io/held';
import { adopt } from '../admission/adopt';
import { parseSnapshot } from '../snapshot/file';
import { moveSnapshot } from '../snapshot/observed-times';
import { describeSource } from '../snapshot/reader';
import type { ReadSnapshot } from '../snapshot/text';
import type { Answer, Source } from '../source';

export type SnapshotSourceDependencies = {
  readonly owner: string;
  readonly clock: Clocks;
  readonly read: ReadSnapshot;
  /** How an unchanged snapshot is kept; absent: unchanged. */
  readonly hold?: HoldValue;
};

/**
 * A snapshot more than a day away from now is not used: its writer has stopped, or a clock is
 * wrong.
 */
const maxAgeMs = 24 * 3_600_000;

/**
 * The endpoints that another process discovered, as one scope: targets keep their scope tag when
 * the writer's accounts and regions change. `allow` of this source checks the claims again.
 */
export function createSnapshotSource(
  config: SnapshotConfig,
  { owner, clock, read: readText, hold = holdAsItIs }: SnapshotSourceDependencies,
): Source {
  const scope = { id: `${config.name}.snapshot.none`, source: config.name, account: 'snapshot', region: 'none' };
  const from = describeSource(config);
  const timeline = createTimeline(clock);
  let last: Kept | undefined;

  /** Returns the snapshot with times by this machine's clock, and with its writer's times. */
  async function readSnapshot(signal: AbortSignal): Promise<Snapshot & { readonly writtenAtMs: number }> {
    const answer = await readText(last?.etag, signal);
    const stepMs = timeline.follow();
    if (last) last = { ...last, moveMs: last.moveMs + stepMs };
    // Kept only after parsing: the ETag of an unusable text would make the next answer "unchanged".
    const read = answer && parseSnapshot(answer.text, { from, owner });
    if (read) last = keep(read, answer.etag);
    const snapshot = read ?? last?.read?.();
    if (!last || !snapshot)
      throw unusable(`${from}: the server calls unchanged what it never gave`, 'correct `url` of the source');
    return { ...moveSnapshot(snapshot, last.moveMs), writtenAtMs: snapshot.takenAtMs };
  }

  /**
   * A snapshot that is read again is as old as before, or older. A time in the future becomes now.
   */
  function keep(snapshot: Snapshot, etag: string | undefined): Kept {
    const { takenAtMs } = snapshot;
    const aheadMs = takenAtMs - clock.now();
    const kept = { takenAtMs, etag, read: etag === undefined ? undefined : hold(snapshot) };
    if (takenAtMs === last?.takenAtMs) return { ...kept, moveMs: last.moveMs };
    if (aheadMs > maxAgeMs) throw tooOld(from, takenAtMs);
    return { ...kept, moveMs: Math.min(0, -aheadMs) };
  }

  async function discover(signal: AbortSignal): Promise<Answer> {
    const snapshot = await readSnapshot(signal);
    const { takenAtMs, writtenAtMs } = snapshot;
    if (clock.now() - takenAtMs > maxAgeMs) throw tooOld(from, writtenAtMs);
    return {
      ...adopt(discoveredIn(snapshot, from), { allow: config.allow, scope }),
      observedAtMs: observedAtMsOf(snapshot),
    };
  }

  return { name: config.name, allow: config.allow, scopes: () => [{ scope, discover }] };
}

/**
 * What is kept of a snapshot: the difference between its times and this machine's clock. With an
 * ETag, the whole snapshot.
 */
type Kept = {
  readonly takenAtMs: number;
  readonly moveMs: number;
  readonly etag?: string;
  readonly read?: () => Snapshot;
};

function unusable(reason: string, fix: string): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'BAD_ANSWER', fix });
}

function tooOld(from: string, takenAtMs: number): PrivatelinkError {
  const reason = `${from}: the snapshot is of ${new Date(takenAtMs).toISOString()}, more than 24 h from now`;
  const fix = 'let its writer run (kong-privatelink discover --out FILE), and compare the clocks';
  return unusable(reason, fix);
}

/** The snapshot is as old as the oldest scope of its writer, even when the file is new (fm-40). */
function observedAtMsOf({ takenAtMs, scopes }: Snapshot): number {
  return Math.min(takenAtMs, ...scopes.flatMap((state) => lastGoodOf(state)?.observedAtMs ?? []));
}

/**
 * All endpoints of the snapshot. Throws PrivatelinkError when a scope of it has no known endpoints.
 */
function discoveredIn({ scopes, takenAtMs }: Snapshot, from: string): Discovered {
  const discovered = scopes.map((state) => discoveredOf(state, { from, takenAtMs }));
  return {
    endpoints: discovered.flatMap((one) => one.endpoints),
    quarantined: discovered.flatMap((one) => one.quarantined),
  };
}

type Reading = { readonly from: string; readonly takenAtMs: number };

/**
 * The endpoints of one scope of the writer, each with its observer and its time. The time is never
 * after the snapshot.
 */
function discoveredOf(state: ScopeState, { from, takenAtMs }: Reading): Discovered {
  const known = lastGoodOf(state);
  if (!known) {
    const { scope, reason } = state as UnknownScope;
    throw unusable(
      `${from}: nothing is known in the snapshot of scope ${scope.id} (${reason})`,
      'correct that where it is written',
    );
  }
  const { observedAtMs, accountId } = known;
  const byScope = { scopeId: state.scope.id, atMs: Math.min(observedAtMs, takenAtMs), accountId };
  const seen = <T extends { readonly observed?: Observed }>(one: T) => ({
    ...one,
    observed: one.observed ? { ...one.observed, atMs: Math.min(one.observed.atMs, takenAtMs) } : byScope,
  });
  const { endpoints, quarantined } = known.discovered;
  return { endpoints: endpoints.map(seen), quarantined: quarantined.map(seen) };
}
