import { readFileSync } from 'node:fs';
import { type Base, parseBase } from '#deck/file/base';
import { invalidBase } from '#deck/file/base-file';

/**
 * Reads and parses all base files. Throws PrivatelinkError (CONFIG_INVALID) that names file, entity
 * and fix.
 */
export function readBase(paths: readonly string[], read = readWhole): Base {
  return parseBase(paths.map((path) => ({ path, text: readText(path, read) })));
}

function readText(path: string, read: typeof readWhole): string {
  try {
    return read(path);
  } catch {
    const fix = 'make it a file that this user may read, or remove it from deck.base';
    throw invalidBase(path, [{ message: `it cannot be read: ${fix}`, fix }]);
  }
}

function readWhole(path: string): string {
  return readFileSync(path, 'utf8');
}
