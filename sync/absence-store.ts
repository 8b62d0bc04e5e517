import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../core/errors';
import { isMissingFile, makeFolder, writeFix, writeIfChanged } from '../discovery/write-file';
import type { Absences } from './policy';
import type { AbsenceStore } from './run-once';

const fileSchema = z.object({
  version: z.literal(1),
  checksum: z.string(),
  absences: z.record(z.string(), z.object({ count: z.int().min(1), sinceMs: z.number() })),
});

/** Keeps absences in `<stateDir>/absences.<owner>.json`, replaced as a whole; a file that cannot be used counts as empty, with a warning. */
export function createAbsenceStore(stateDir: string, owner: string): AbsenceStore {
  const path = join(stateDir, `absences.${owner}.json`);
  return { read: () => readAbsences(path), write: (absences) => writeAbsences(path, absences) };
}

async function readAbsences(path: string) {
  try {
    const file = fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    if (file.checksum !== checksumOf(file.absences)) throw new Error('its checksum does not match its content');
    return { absences: file.absences };
  } catch (thrown) {
    if (isMissingFile(thrown)) return { absences: {} };
    const warning = `absences in ${path} cannot be used (${messageOf(thrown)}): counting starts again, removals by absence come later`;
    return { absences: {}, warning };
  }
}

async function writeAbsences(path: string, absences: Absences) {
  try {
    await makeFolder(dirname(path));
    await writeIfChanged(path, JSON.stringify({ version: 1, checksum: checksumOf(absences), absences }));
    return {};
  } catch (thrown) {
    return {
      warning: `absences cannot be written to ${path} (${messageOf(thrown)}): ${writeFix(thrown, 'make stateDir writable')}, or absent targets never leave`,
    };
  }
}

function checksumOf(absences: Absences): string {
  return createHash('sha256').update(JSON.stringify(absences)).digest('hex');
}
