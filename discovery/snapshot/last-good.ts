import { isDeepStrictEqual } from 'node:util';
import { formatProblem, messageOf } from '#core/errors';
import type { LastGood, Observed, Snapshot } from '#core/model';
import { lastGoodOf } from '#core/snapshot';
import type { Clocks } from '#core/timing/clock';
import { writeFix } from '#io/files';
import { type HoldValue, holdAsItIs } from '#io/held';
import { readSealed, writeSealed } from '#io/sealed-file';
import { lastGoodFile } from './file';

/**
 * Stores knowledge of scopes beyond the process. An error becomes a warning and is never thrown.
 */
export interface LastGoodStore {
  /** Returns what an earlier process knew, by scope id. */
  read(): Promise<{ readonly known: ReadonlyMap<string, LastGood>; readonly warning?: string }>;
  /** Stores the known scopes of the snapshot. */
  write(snapshot: Snapshot): Promise<{ readonly warning?: string }>;
}

/**
 * Unchanged content is written again after this time. Its age on disk then stays right within a
 * third of the 15 minutes at which people are warned.
 */
const refreshMs = 300_000;

export type LastGoodFile = {
  readonly path: string;
  readonly owner: string;
  readonly clock: Clocks;
  /** How the content of the file is kept in memory; absent: unchanged. */
  readonly hold?: HoldValue;
};

/**
 * Keeps last good answers in a snapshot file. It replaces the whole file (0600) after each change.
 * Use one store for one process.
 */
export function createLastGoodStore({ path, owner, clock, hold = holdAsItIs }: LastGoodFile): LastGoodStore {
  const kind = lastGoodFile(owner);
  /** The content of the file, and the monotonic time since when. */
  let kept: { readonly read: () => Snapshot; readonly sinceMs: number } | undefined;
  return {
    read: async () => {
      try {
        const read = await readSealed(path, kind);
        if (!read) return { known: new Map() };
        const { snapshot } = read;
        const ageMs = clock.now() - snapshot.takenAtMs;
        // A time in the future has no age, so the file is written again.
        kept = { read: hold(snapshot), sinceMs: ageMs < 0 ? -Infinity : clock.monotonicMs() - ageMs };
        return { known: restoredFrom(snapshot) };
      } catch (thrown) {
        const warning = `what was known before cannot be used, starting without it (${messageOf(thrown)})`;
        return { known: new Map(), warning };
      }
    },
    write: async ({ takenAtMs, scopes }) => {
      const snapshot = { takenAtMs, scopes };
      const nowMs = clock.monotonicMs();
      if (kept && nowMs - kept.sinceMs < refreshMs && isSame(kept.read(), snapshot)) return {};
      try {
        await writeSealed(path, { owner, snapshot }, kind);
        kept = { read: hold(snapshot), sinceMs: nowMs };
        return {};
      } catch (thrown) {
        const fix = `${writeFix(thrown, 'make stateDir writable')}, or a restart while AWS does not answer starts with nothing known`;
        const reason = `what is known cannot be written to ${path} (${messageOf(thrown)})`;
        return { warning: formatProblem({ reason, fix }) };
      }
    },
  };
}

/** The same store for a command that writes nothing. */
export function readOnly(store: LastGoodStore): LastGoodStore {
  return { read: store.read, write: async () => ({}) };
}

function restoredFrom({ scopes }: Snapshot): ReadonlyMap<string, LastGood> {
  return new Map(
    scopes.flatMap((state) => {
      const good = lastGoodOf(state);
      if (!good) return [];
      const { observedAtMs, accountId, discovered } = good;
      return [[state.scope.id, { observedAtMs, accountId, discovered, isRestored: true }] as const];
    }),
  );
}

/** Whether both know the same endpoints in the same scopes; times are ignored. */
function isSame(one: Snapshot, other: Snapshot): boolean {
  return isDeepStrictEqual(contentOf(one), contentOf(other));
}

function contentOf(snapshot: Snapshot) {
  const withoutTime = <T extends { readonly observed?: Observed }>({ observed: _, ...one }: T) => one;
  return [...restoredFrom(snapshot)].map(([id, { accountId, discovered }]) => [
    id,
    accountId,
    discovered.endpoints.map(withoutTime),
    discovered.quarantined.map(withoutTime),
  ]);
}
