import type { ControlPlaneConfig } from '../discovery/config';
import { openPlane } from './konnect/plane';
import type { PlaneIdentity } from './plan-file';

/** Tells the control plane of the configuration from any other; asks Konnect for its id. Throws PrivatelinkError. */
export async function identityOf(config: ControlPlaneConfig, signal: AbortSignal): Promise<PlaneIdentity> {
  const address = 'address' in config ? config.address : undefined;
  if (config.type !== 'konnect') return { type: config.type, address };
  const { id } = await openPlane(config)(signal);
  return { type: config.type, address, name: config.name, id };
}
