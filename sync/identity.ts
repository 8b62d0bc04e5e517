import type { ControlPlaneConfig } from '../discovery/config';
import { openPlane } from './konnect/plane';
import type { PlaneIdentity } from './plan-file';

/** Tells the control plane of the configuration from any other; asks Konnect for its id. Throws PrivatelinkError. */
export async function identityOf(config: ControlPlaneConfig, signal: AbortSignal): Promise<PlaneIdentity> {
  return {
    type: config.type,
    address: 'address' in config ? config.address : undefined,
    name: 'name' in config ? config.name : undefined,
    workspace: 'workspace' in config ? config.workspace : undefined,
    path: 'path' in config ? config.path : undefined,
    id: config.type === 'konnect' ? (await openPlane(config)(signal)).id : undefined,
  };
}
