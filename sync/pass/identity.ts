import { checksumOf } from '#core/json';
import { backendOf } from '../control-planes/backends';
import { writesBase } from '../control-planes/control-plane';
import type { PlanExpectation } from './plan-file';
import type { Session } from './session';

type Identified = Pick<Session, 'config' | 'base' | 'controlPlane'>;

/**
 * Returns the identity of a plan file, which must match when the plan is applied. Asks the control
 * plane for its id. Throws PrivatelinkError.
 */
export async function expectationOf(
  { config, base, controlPlane }: Identified,
  signal: AbortSignal,
): Promise<PlanExpectation> {
  const contents = base.files.map(({ path: _, ...content }) => content);
  return {
    owner: config.owner,
    controlPlane: await backendOf(config.controlPlane).readIdentity(signal),
    base: writesBase(controlPlane) ? checksumOf(contents) : undefined,
  };
}
