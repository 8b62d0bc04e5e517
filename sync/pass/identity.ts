import type { ControlPlaneConfig } from '#config/schema';
import { checksumOf } from '#core/canonical-json';
import { openPlane } from '../control-planes/konnect/plane';
import { identityIn, type PlaneIdentity } from '../control-planes/plane-identity';
import type { PlanExpectation } from './plan-file';
import type { openSession } from './session';

type Session = Pick<ReturnType<typeof openSession>, 'config' | 'base' | 'controlPlane'>;

/** What a plan is made for, and has to be made for when it is applied; asks Konnect for the control plane's id. Throws PrivatelinkError. */
export async function expectationOf(
  { config, base, controlPlane }: Session,
  signal: AbortSignal,
): Promise<PlanExpectation> {
  const isBaseWritten = 'writeAll' in controlPlane && controlPlane.hasBase;
  const contents = base.files.map(({ path: _, ...content }) => content);
  return {
    owner: config.owner,
    controlPlane: await identityOf(config.controlPlane, signal),
    base: isBaseWritten ? checksumOf(contents) : undefined,
  };
}

/** Tells the control plane of the configuration from any other. */
async function identityOf(config: ControlPlaneConfig, signal: AbortSignal): Promise<PlaneIdentity> {
  return { ...identityIn(config), id: config.type === 'konnect' ? (await openPlane(config)(signal)).id : undefined };
}
