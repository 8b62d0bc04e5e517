import { messageOf, PrivatelinkError } from '#core/errors';
import type { HeldEntity } from '#deck/document';
import { parseAnyDeckFile } from '#deck/file/any';
import { type Base, emptyBase } from '#deck/file/base';
import { parseDeckFile } from '#deck/file/read';
import { renderText } from '#deck/file/write';
import { isMissingFile, readRegular, writeFix, writeIfChanged } from '#io/files';
import type { DocumentControlPlane } from '../control-plane';
import { applyTo } from './apply-to';

/**
 * Connects the decK file at `path` for `owner`, with `base` in it. A missing file is an empty
 * control plane.
 */
export function connectFile(
  { path }: { readonly path: string },
  owner: string,
  { base = emptyBase }: { readonly base?: Base } = {},
): DocumentControlPlane {
  const read = async (signal: AbortSignal) => {
    const text = await readText(path, signal);
    return text === undefined ? [] : parseDeckFile(text, { path, owner });
  };
  return {
    takes: 'document',
    hasBase: base.files.length > 0,
    read,
    // Reading already refuses a file with entities of others.
    readForeign: async () => [],
    writeAll: async (changes, signal) => {
      const text = renderText(applyTo(await read(signal), changes), { owner, base });
      await writeIfChanged(path, text).catch((cause) => {
        const fix = writeFix(cause, 'make controlPlane.path writable');
        throw fileError(`cannot write ${path}: ${messageOf(cause)}`, fix, cause);
      });
      return [];
    },
    readRollout: async () => ({ nodes: 0, inSync: 0 }),
  };
}

/**
 * Reads all entities of the file, including base files. Empty without a file. Throws
 * PrivatelinkError.
 */
export async function readFileEntities(path: string, signal: AbortSignal): Promise<readonly HeldEntity[]> {
  const text = await readText(path, signal);
  return text === undefined ? [] : parseAnyDeckFile(text, path).held;
}

async function readText(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readRegular(path, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    if (isMissingFile(cause)) return undefined;
    throw fileError(
      `cannot read ${path}: ${messageOf(cause)}`,
      'make controlPlane.path a file this user may read',
      cause,
    );
  }
}

function fileError(reason: string, fix: string, cause: unknown): PrivatelinkError {
  return new PrivatelinkError(reason, { code: 'CONTROL_PLANE', fix, cause });
}
