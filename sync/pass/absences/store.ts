import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatProblem, messageOf } from '#core/errors';
import type { Clocks } from '#core/timing/clock';
import { isThere, writeFix } from '#io/files';
import { readSealed, writeSealed } from '#io/sealed-file';
import { type PlaneIdentity, planeFile } from '../../control-planes/plane-identity';
import type { AbsenceStore } from '../plan-once';
import { createAgeing } from './ageing';
import { absenceFile, olderAbsenceFile, takeOver, type Written } from './file';
import { othersIn, type SharedFolder } from './shared-folder';

export type AbsenceFiles = SharedFolder & {
  readonly controlPlane: PlaneIdentity;
  /**
   * The name of this control plane when the configuration has several. Their files lie in one
   * folder, and no warning is given.
   */
  readonly stage?: string;
};

/**
 * Keeps absences in a file named for owner and control plane, and replaces it as a whole. An
 * unusable file is treated as empty, with a warning. Earlier versions had one file for each owner.
 * If that file exists, an earlier version ran last, and its file is taken over (fm-42).
 */
export function createAbsenceStore(files: AbsenceFiles, clock: Clocks): AbsenceStore {
  const { stateDir, owner, controlPlane, stage } = files;
  const path = join(stateDir, `${planeFile('absences', owner, controlPlane)}.json`);
  const older = { path: join(stateDir, `absences.${owner}.json`), isFound: false };
  const ageing = createAgeing(clock);

  async function readFiles(): Promise<Found> {
    older.isFound = await isThere(older.path);
    const found = older.isFound ? await readFrom(older.path, readOlder) : { warnings: [] };
    if (found.written) return found;
    const { written, warnings } = await readFrom(path, readOwn);
    return { written, warnings: [...found.warnings, ...warnings] };
  }

  return {
    read: async () => {
      const { written, warnings } = await readFiles();
      const { aheadMs, ...aged } = written ? ageing.age(written) : { ...nothing, aheadMs: 0 };
      const told = aheadMs > 0 ? [futureWarning(path, aheadMs)] : [];
      const others = stage === undefined ? await othersIn(files, path, clock.now()) : [];
      return { ...aged, warnings: [...warnings, ...told, ...others] };
    },
    write: async (absences) => {
      if (!older.isFound && ageing.isKept(absences)) return {};
      const file = { owner, controlPlane, writtenAtMs: clock.now(), absences };
      try {
        await writeSealed(path, file, absenceFile);
        ageing.keep(file);
        // The next read would take the older file first.
        await rm(older.path, { force: true });
        return {};
      } catch (thrown) {
        return { warning: writeWarning(path, thrown) };
      }
    },
  };
}

const nothing = { absences: {}, elapsedMs: 0 };

type Found = { readonly written?: Written; readonly warnings: readonly string[] };

async function readFrom(path: string, read: (path: string) => Promise<Written | undefined>): Promise<Found> {
  try {
    return { written: await read(path), warnings: [] };
  } catch (thrown) {
    const warning = `absences cannot be used (${messageOf(thrown)}): counting starts again, removals by absence come later`;
    return { warnings: [warning] };
  }
}

function readOwn(path: string): Promise<Written | undefined> {
  return readSealed(path, absenceFile);
}

async function readOlder(path: string): Promise<Written | undefined> {
  const older = await readSealed(path, olderAbsenceFile);
  return older && takeOver(older, Math.floor((await stat(path)).mtimeMs));
}

function futureWarning(path: string, aheadMs: number): string {
  const by = `${Math.round(aheadMs / 1_000)} s`;
  return `by the clock of this machine, the absences in ${path} were written ${by} in the future: they are treated as written now; check what sets the clock`;
}

function writeWarning(path: string, thrown: unknown): string {
  const fix = writeFix(thrown, 'make stateDir writable');
  const reason = `absences cannot be written to ${path} (${messageOf(thrown)})`;
  return formatProblem({ reason, fix: `${fix}, or absent targets never leave` });
}
