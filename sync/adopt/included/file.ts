import type { Document } from 'yaml';
import { formatProblem, isProblem, messageOf, PrivatelinkError } from '#core/errors';
import { parseYamlDocument } from '#core/yaml/parse';
import { isMissingFile, readRegular, writeFix, writeIfChanged } from '#io/files';

/** What stands at the top of an included file that a command makes. */
const head = `# Domains and entities that are protected or adopted, as the commands of
# kong-privatelink write them. People may edit this file too: what they write,
# their comments and the order stay.
`;

/**
 * Edits a file that the configuration includes, or makes it: `edit` gives whether it changed the document, which is written then, in one step and
 * with the mode that the file has. Comments and order stay, spaces may not. Gives whether it wrote. Throws PrivatelinkError (CONFIG_INVALID, STATE).
 */
export async function editIncluded(file: string, edit: (document: Document) => boolean): Promise<boolean> {
  const document = documentOf(file, await readIncluded(file));
  if (!edit(document)) return false;
  try {
    return await writeIfChanged(file, document.toString({ lineWidth: 0 }), { isPublic: true });
  } catch (cause) {
    const fix = writeFix(cause, 'make its folder, and let this user write there');
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
