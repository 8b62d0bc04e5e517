import { messageOf, PrivatelinkError } from '#core/errors';
import { writeFix, writeIfChanged } from '#io/files';

/**
 * Writes a file of the command line, only when it changes. Returns the result for people. Throws
 * PrivatelinkError (STATE).
 */
export async function writeOutput(path: string, text: string): Promise<string> {
  try {
    return (await writeIfChanged(path, text)) ? `wrote ${path}` : `${path} is up to date`;
  } catch (cause) {
    const fix = writeFix(cause, 'make its folder, and let this user write there');
    throw new PrivatelinkError(`cannot write ${path} (${messageOf(cause)})`, { code: 'STATE', fix, cause });
  }
}
