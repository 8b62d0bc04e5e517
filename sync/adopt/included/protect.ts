import { type Document, isScalar, isSeq, type YAMLSeq } from 'yaml';
import type { ProtectingFile, ProtectingFiles } from '#config/file';
import { PrivatelinkError } from '#core/errors';
import { editIncluded } from './file';

/** The result of a command for the given entries. */
export type ProtectEdit = {
  /** The edited file; an absolute path. */
  readonly file: string;
  readonly changed: readonly string[];
  /** Entries that already were as wanted. */
  readonly unchanged: readonly string[];
};

/**
 * Adds entries to the first file that the configuration includes. Skips entries that any file
 * already lists. Throws PrivatelinkError.
 */
export async function addProtected(files: ProtectingFiles, entries: readonly string[]): Promise<ProtectEdit> {
  const { file } = firstOf(files);
  const listed = new Set([files.main, ...files.included].flatMap(({ protect }) => protect));
  const changed = entries.filter((entry) => !listed.has(entry));
  await editIncluded(file, (document) => {
    if (changed.length === 0) return false;
    const list = listIn(document, file);
    for (const entry of changed) list.add(document.createNode(entry));
    return true;
  });
  return { file, changed, unchanged: entries.filter((entry) => listed.has(entry)) };
}

/**
 * Removes entries from the first file that the configuration includes. Throws PrivatelinkError,
 * before any write, for an entry in another file.
 */
export async function removeProtected(files: ProtectingFiles, entries: readonly string[]): Promise<ProtectEdit> {
  const first = firstOf(files);
  for (const entry of entries) refuseElsewhere(entry, [files.main, ...files.included.slice(1)]);
  const changed = entries.filter((entry) => first.protect.includes(entry));
  await editIncluded(first.file, (document) => {
    for (const entry of changed) removeFrom(document, entry, first.file);
    return changed.length > 0;
  });
  return { file: first.file, changed, unchanged: entries.filter((entry) => !changed.includes(entry)) };
}

function firstOf({ main, included: [first] }: ProtectingFiles): ProtectingFile {
  if (first) return first;
  const fix = 'add include: [kong-privatelink.d.yaml] to it; the command creates that file';
  throw new PrivatelinkError(`${main.file} includes no file that the command can write`, {
    code: 'CONFIG_INVALID',
    fix,
  });
}

function refuseElsewhere(entry: string, files: readonly ProtectingFile[]): void {
  const other = files.find(({ protect }) => protect.includes(entry));
  if (!other) return;
  const reason = `unprotect: ${entry} stands in ${other.file}, which people write`;
  throw new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: 'remove it from protect there' });
}

/** Returns the list `protect` of a document, and creates a missing list. */
function listIn(document: Document, file: string): YAMLSeq {
  if (document.contents === null) document.contents = document.createNode({});
  const list = document.get('protect', true);
  if (list !== undefined && !isSeq(list)) throw unwritten(file, 'protect is no list');
  const found = list ?? document.createNode<unknown[]>([]);
  // An empty list is in brackets; new entries start on lines of their own.
  if (found.items.length === 0) found.flow = false;
  if (!list) document.set('protect', found);
  return found;
}

function removeFrom(document: Document, entry: string, file: string): void {
  const list = listIn(document, file);
  const before = list.items.length;
  list.items = list.items.filter((item) => !(isScalar(item) && item.value === entry));
  if (list.items.length === before) throw unwritten(file, `${entry} is written there with a variable or an alias`);
}

function unwritten(file: string, reason: string): PrivatelinkError {
  return new PrivatelinkError(`${file}: ${reason}`, { code: 'CONFIG_INVALID', fix: 'edit protect there by hand' });
}
