import type { Document } from 'yaml';
import { formatProblem, isProblem, messageOf, PrivatelinkError } from '#core/errors';
import { parseYamlDocument } from '#core/yaml/parse';
import { isMissingFile, proveWritable, readRegular, writeFix, writeIfChanged } from '#io/files';

/** First lines of an included file that a command creates. */
const head = `# Domains and entities that are protected or adopted, as the commands of
# kong-privatelink write them. People may edit this file too: what they write,
# their comments and the order stay.
`;

/** Edits the document. Returns whether it changed the document. */
export type Edit = (document: Document) => boolean;

/**
 * Edits or creates a file that the configuration includes. A changed document replaces the file in
 * one step, and the file keeps its mode. Comments and order stay; spaces may change. Returns
 * whether it wrote. Throws PrivatelinkError (CONFIG_INVALID, STATE).
 */
export async function editIncluded(file: string, edit: Edit): Promise<boolean> {
  const text = await edited(file, edit);
  if (text === undefined) return false;
  return orUnwritable(file, () => writeIfChanged(file, text, { isPublic: true }));
}

/**
 * Throws where `editIncluded` would throw, and writes nothing. For use before a control plane
 * write.
 */
export async function proveEditable(file: string, edit: Edit): Promise<void> {
  await edited(file, edit);
  await orUnwritable(file, () => proveWritable(file));
}

async function edited(file: string, edit: Edit): Promise<string | undefined> {
  const document = documentOf(file, await readIncluded(file));
  try {
    return edit(document) ? document.toString({ lineWidth: 0 }) : undefined;
  } catch (cause) {
    if (cause instanceof PrivatelinkError) throw cause;
    const fix = 'write the domain there in full, without YAML aliases';
    throw new PrivatelinkError(`cannot edit ${file}: ${messageOf(cause)}`, { code: 'CONFIG_INVALID', fix, cause });
  }
}

async function orUnwritable<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    const fix = writeFix(cause, 'create its folder, and let this user write there');
    throw new PrivatelinkError(`cannot write ${file} (${messageOf(cause)})`, { code: 'STATE', fix, cause });
  }
}

async function readIncluded(file: string): Promise<string> {
  try {
    return await readRegular(file);
  } catch (cause) {
    if (isMissingFile(cause)) return head;
    const fix = 'make it a file that this user may read';
    throw new PrivatelinkError(`cannot read ${file}`, { code: 'CONFIG_INVALID', fix, cause });
  }
}

function documentOf(file: string, text: string): Document {
  const document = parseYamlDocument(text);
  const [error] = isProblem(document) ? [formatProblem(document)] : document.errors.map(messageOf);
  if (!isProblem(document) && error === undefined) return document;
  throw new PrivatelinkError(`cannot edit ${file}: ${error}`, {
    code: 'CONFIG_INVALID',
    fix: 'correct the YAML there',
  });
}
