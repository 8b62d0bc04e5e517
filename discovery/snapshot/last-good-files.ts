import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceConfig } from '#config/schema';
import { messageOf } from '#core/errors';
import { checksumOf } from '#core/json';
import type { Snapshot } from '#core/model';
import type { Clocks } from '#core/timing/clock';
import { isThere } from '#io/files';
import type { HoldValue } from '#io/held';
import { createLastGoodStore, type LastGoodStore } from './last-good';

export type LastGoodFiles = {
  readonly stateDir: string;
  readonly owner: string;
  readonly sources: readonly SourceConfig[];
  /** A data plane may keep its own files beside a worker's. */
  readonly isDataPlane?: boolean;
  /** How the content of the files is kept in memory; absent: unchanged. */
  readonly hold?: HoldValue;
};

/**
 * Keeps last good answers in a file for each source. The owner and the source's configuration name
 * the file. Another configuration of the owner in the same folder has other files, and a new source
 * takes nothing from the others (fm-42).
 */
export function openLastGoodStore(files: LastGoodFiles, clock: Clocks): LastGoodStore {
  const { stateDir, owner, sources, isDataPlane, hold } = files;
  const base = join(stateDir, `last-good.${owner}${isDataPlane ? '.data-plane' : ''}`);
  const storeOf = (path: string) => createLastGoodStore({ path, owner, clock, hold });
  const stores = new Map(sources.map((source) => [source.name, storeOf(`${base}.${keyOf(source)}.json`)]));
  // Earlier versions had one file for all sources. When it exists, such a version ran last.
  const older = { path: `${base}.json`, store: storeOf(`${base}.json`), isRemoved: false };

  async function readOlder() {
    const isFound = await isThere(older.path);
    const { known, warning } = isFound ? await older.store.read() : { known: new Map() };
    const own = [...known].filter(([id]) => stores.has(id.split('.')[0] ?? ''));
    return { isFound, own, warning };
  }

  return {
    read: async () => {
      const { isFound, own, warning } = await readOlder();
      if (isFound && !warning) return { known: new Map(own) };
      const read = await Promise.all([...stores.values()].map((store) => store.read()));
      return { known: new Map(read.flatMap(({ known }) => [...known])), ...warningOf([{ warning }, ...read]) };
    },
    write: async (snapshot) => {
      const written = await Promise.all([...stores].map(([name, store]) => store.write(partOf(snapshot, name))));
      const { warning } = warningOf(written);
      if (warning !== undefined || older.isRemoved) return { warning };
      older.isRemoved = true;
      return (await isThere(older.path)) ? removeOlder(older.path) : {};
    },
  };
}

/**
 * The configuration of the source, without secrets. Regions and account are left out too: the file
 * content names them.
 */
function keyOf(source: SourceConfig): string {
  const optional = { token: undefined, url: undefined, regions: undefined, ownAccount: undefined };
  const { token: _, url, regions: __, ownAccount: ___, ...rest } = { ...optional, ...source };
  return checksumOf({ ...rest, url: url?.split('?')[0] }).slice(0, 12);
}

function partOf({ scopes, ...snapshot }: Snapshot, source: string): Snapshot {
  return { ...snapshot, scopes: scopes.filter(({ scope }) => scope.source === source) };
}

function warningOf(said: readonly { readonly warning?: string }[]): { readonly warning?: string } {
  const warnings = said.flatMap(({ warning }) => warning ?? []);
  return warnings.length > 0 ? { warning: warnings.join('; ') } : {};
}

/** The file was taken over. If it stayed, the next start would read it as the newer one. */
async function removeOlder(path: string): Promise<{ readonly warning?: string }> {
  try {
    await rm(path);
    return {};
  } catch (thrown) {
    return { warning: `${path} of an earlier version cannot be removed (${messageOf(thrown)}): remove it` };
  }
}
