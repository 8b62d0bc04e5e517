import { readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '#core/errors';
import { checksumOf } from '#core/json';
import type { Clocks } from '#core/timing/clock';
import { isMissingFile, isThere, makeFolder, writeFix, writeIfChanged } from '#io/files';
import type { PlaneIdentity } from '../../control-planes/plane-identity';
import type { AbsenceStore } from '../run-once';
import { createAgeing } from './ageing';
import { parseAbsences, parseOlderAbsences, serialiseAbsences, type Written } from './file';
import { othersIn, type SharedFolder } from './shared-folder';

export type AbsenceFiles = SharedFolder & { readonly controlPlane: PlaneIdentity };

/**
 * Keeps absences in a file named for owner and control plane, replaced as a whole; one that cannot be used counts as empty, with a warning.
 * Earlier versions had one file for each owner: where it is there, such a version was the last to run, and its file is taken over (fm-42).
 */
export function createAbsenceStore(files: AbsenceFiles, clock: Clocks): AbsenceStore {
  const { stateDir, owner, controlPlane } = files;
  const path = join(stateDir, `absences.${owner}.${checksumOf(controlPlane).slice(0, 12)}.json`);
  const older = { path: join(stateDir, `absences.${owner}.json`), isFound: false };
  const ageing = createAgeing(clock);

  async function readFiles(): Promise<Found> {
    older.isFound = await isThere(older.path);
    const found = older.isFound ? await readFrom(older.path, parseOlder) : { warnings: [] };
    if (found.written) return found;
    const { written, warnings } = await readFrom(path, async (text) => parseAbsences(text));
    return { written, warnings: [...found.warnings, ...warnings] };
  }

  return {
    read: async () => {
      const { written, warnings } = await readFiles();
      const { aheadMs, ...aged } = written ? ageing.age(written) : { ...nothing, aheadMs: 0 };
      const told = aheadMs > 0 ? [futureWarning(path, aheadMs)] : [];
      return { ...aged, warnings: [...warnings, ...told, ...(await othersIn(files, path, clock.now()))] };
    },
    write: async (absences) => {
      if (!older.isFound && ageing.isKept(absences)) return {};
      const file = { owner, controlPlane, writtenAtMs: clock.now(), absences };
      try {
        await makeFolder(dirname(path));
        await writeIfChanged(path, serialiseAbsences(file));
        ageing.keep(file);
        // It would be taken for newer than ours.
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

async function readFrom(path: string, parse: (text: string, path: string) => Promise<Written>): Promise<Found> {
  try {
    return { written: await parse(await readFile(path, 'utf8'), path), warnings: [] };
  } catch (thrown) {
    if (isMissingFile(thrown)) return { warnings: [] };
    const warning = `absences in ${path} cannot be used (${messageOf(thrown)}): counting starts again, removals by absence come later`;
    return { warnings: [warning] };
  }
}

async function parseOlder(text: string, path: string): Promise<Written> {
  const { mtimeMs } = await stat(path);
  return parseOlderAbsences(text, Math.floor(mtimeMs));
}

function futureWarning(path: string, aheadMs: number): string {
  const by = `${Math.round(aheadMs / 1_000)} s`;
  return `absences in ${path} were written ${by} in the future by the clock of this machine: they count as of now; check what sets the clock`;
}

function writeWarning(path: string, thrown: unknown): string {
  const fix = writeFix(thrown, 'make stateDir writable');
  return `absences cannot be written to ${path} (${messageOf(thrown)}): ${fix}, or absent targets never leave`;
}
