import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Revision } from '#deck/revision';
import { type Journal, nothingRun, openJournal, type StageState } from '#sync/rollout/journal';
import { openRevisions, type Revisions } from '#sync/rollout/revisions';
import type { StageName } from './history';

/** A stateDir. */
export type StageDisk = {
  journal(stage: StageName): Journal;
  readonly revisions: Revisions;
  /** Everything in it is lost. */
  lose(): void;
};

/** Texts in memory, as the files are read: no value is shared between those who write and those who read. */
export function memoryDisk(): StageDisk {
  const journals = new Map<StageName, string>();
  const revisions = new Map<string, string>();
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
    lose: () => {
      journals.clear();
      revisions.clear();
    },
  };
}

/** The product's own files, in a folder that `remove` removes. */
export function fileDisk(): StageDisk & { remove(): void } {
  const stateDir = mkdtempSync(join(tmpdir(), 'stages-'));
  const owner = 'test';
  const remove = () => rmSync(stateDir, { recursive: true, force: true });
  return {
    journal: (name) => openJournal({ stateDir, owner, controlPlane: { type: 'konnect', name } }),
    revisions: openRevisions({ stateDir, owner }),
    lose: remove,
    remove,
  };
}
