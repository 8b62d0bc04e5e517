import type { FileConfig } from '#config/schema';
import { messageOf } from '#core/errors';
import { proveWritable, writeFix } from '#io/files';
import type { Backend } from '../backend';
import { type Diagnosis, failed, ok } from '../diagnosis';
import { connectFile, readFileEntities } from './control-plane';

/** A decK file that the product alone writes. */
export const fileBackend: Backend<FileConfig> = {
  connect: connectFile,
  identify: (place) => place,
  whyNoAdoption: {
    reason: 'a decK file of its own holds nothing that people wrote',
    fix: 'take it over in the control plane itself, with controlPlane.type konnect or admin',
  },
  readAll: ({ path }, signal) => readFileEntities(path, signal),
  checks: [{ name: 'decK file', run: checkFile }],
};

/** Checks that the file can be created or replaced. */
async function checkFile({ path }: FileConfig): Promise<readonly Diagnosis[]> {
  try {
    await proveWritable(path);
    return [ok(`${path} can be written`)];
  } catch (thrown) {
    const fix = writeFix(thrown, 'make controlPlane.path, and the folder it is in, writable for this user');
    return [failed(`${path} cannot be written: ${messageOf(thrown)}; ${fix}`)];
  }
}
