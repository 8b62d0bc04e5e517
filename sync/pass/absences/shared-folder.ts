import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readSealed } from '#io/sealed-file';
import { describePlane, isPlaneFile } from '../../control-planes/plane-identity';
import { absenceFile } from './file';

/**
 * A configuration that wrote within this time is in use. A worker writes at least every five
 * minutes.
 */
const recentMs = 3_600_000;

/** The folder in which each configuration of an owner keeps its absences, in one file each. */
export type SharedFolder = { readonly stateDir: string; readonly owner: string };

/**
 * Returns a warning for each other configuration of this owner that used the folder within the last
 * hour for another control plane (fm-42).
 */
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

/** An unusable file gives no warning here: the process that owns the file warns. */
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
