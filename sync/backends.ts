import { PrivatelinkError } from '../core/errors';
import type { ControlPlaneConfig } from '../discovery/config';
import type { ControlPlane } from './control-plane';
import { connectFile } from './file/control-plane';
import { connectKonnect } from './konnect/control-plane';

/** Gives what reads and writes the configured control plane for `owner`. Throws PrivatelinkError (NOT_BUILT) for other types. */
export function connectBackend(config: ControlPlaneConfig, owner: string): ControlPlane {
  if (config.type === 'konnect') return connectKonnect(config, owner);
  if (config.type === 'file') return connectFile(config, owner);
  throw new PrivatelinkError(`controlPlane.type ${config.type} is not built in this version: use konnect or file`, {
    code: 'NOT_BUILT',
    transient: false,
  });
}
