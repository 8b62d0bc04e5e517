import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readSealed } from '#io/sealed-file';
import { describePlane, isPlaneFile } from '../../control-planes/plane-identity';
import { absenceFile } from './file';

/** A configuration that wrote within this is in use: a worker writes every five minutes at least. */
const recentMs = 3_600_000;

/** Where the configurations of one owner keep their absences, in a file each. */
export type SharedFolder = { readonly stateDir: string; readonly owner: string };

/** Warns of each other configuration of the owner, with another control plane, that has used the folder within the last hour (fm-42). */
export async function othersIn(
  { stateDir, owner }: SharedFolder,
  own: string,
  nowMs: number,
): Promise<readonly string[]> {
  const names = await readdir(stateDir).catch(() => []);
  const others = names.filter((name) => isPlaneFile(name, 'absences', owner) && name !== basename(own)).sort();
  const warnings = await Promise.all(others.map((name) => warningOf(join(stateDir, name), nowMs)));
  return warnings.flatMap((warning) => warning ?? []);
}

/** A file that cannot be used says nothing; whose it is finds that out by itself. */
async function warningOf(path: string, nowMs: number): Promise<string | undefined> {
  try {
    const read = await readSealed(path, absenceFile);
    if (!read) return undefined;
    const { controlPlane, writtenAtMs } = read;
    const minutes = Math.round(Math.abs(nowMs - writtenAtMs) / 60_000);
    if (minutes * 60_000 > recentMs) return undefined;
    return (
      `another configuration of this owner also uses stateDir: control plane ${describePlane(controlPlane)}, ` +
      `${minutes} min ago (${path}); each configuration keeps its own state there; if you did not expect that, find the process that runs it`
    );
  } catch {
    return undefined;
  }
}
