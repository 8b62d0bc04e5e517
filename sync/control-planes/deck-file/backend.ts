import type { FileConfig } from '#config/schema';
import type { Backend } from '../backend';
import { connectFile } from './control-plane';

/** A decK file of its own. */
export const fileBackend: Backend<FileConfig> = {
  connect: connectFile,
  identify: (place) => place,
};
