import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Revision } from '#deck/revision';
import { openPause, type Pause, type Paused } from '#sync/rollout/advance/pause';
import { type Journal, nothingRun, openJournal, type StageState } from '#sync/rollout/journal';
import { openRevisions, type Revisions } from '#sync/rollout/revisions';

/** A stateDir. */
export type StageDisk = {
  journal(stage: string): Journal;
  readonly revisions: Revisions;
  readonly pause: Pause;
  /** Its path. For one in memory, a place where no file can be. */
  readonly stateDir: string;
  /** Its whole content is lost. */
  lose(): void;
};

/** Texts in memory, as files are read: writers and readers share no value. */
export function memoryDisk(): StageDisk {
  const journals = new Map<string, string>();
  const revisions = new Map<string, string>();
  let paused: Paused | undefined;
  return {
    journal: (stage) => ({
      read: async () => {
        const text = journals.get(stage);
        return { state: text === undefined ? nothingRun : (JSON.parse(text) as StageState), warnings: [] };
      },
      write: async (state) => void journals.set(stage, JSON.stringify(state)),
    }),
    revisions: {
      read: async (id) => {
        const text = revisions.get(id);
        return text === undefined ? undefined : (JSON.parse(text) as Revision);
      },
      list: async () => [...revisions.keys()],
      keep: async (revision) => void revisions.set(revision.id, JSON.stringify(revision)),
      prune: async () => {},
    },
    pause: {
      read: async () => paused,
      write: async (next) => {
        paused = next;
      },
    },
    stateDir: '/dev/null/stateDir',
    lose: () => {
      journals.clear();
      revisions.clear();
      paused = undefined;
    },
  };
}

/** The product's own files, in a folder that `remove` deletes. */
export function fileDisk(): StageDisk & { remove(): void } {
  const stateDir = mkdtempSync(join(tmpdir(), 'stages-'));
  const owner = 'test';
  const remove = () => rmSync(stateDir, { recursive: true, force: true });
  return {
    journal: (name) => openJournal({ stateDir, owner, controlPlane: { type: 'konnect', name } }),
    revisions: openRevisions({ stateDir, owner }),
    pause: openPause({ stateDir, owner }),
    stateDir,
    lose: remove,
    remove,
  };
}
