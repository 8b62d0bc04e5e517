import { digest } from './ids';
import type { Association, LastError, Place } from './model';
import type { WorldState } from './state';

/** A shared resource configuration; reachable by default. */
export type ResourceSpec = { readonly arn?: string; readonly accessibility?: string; readonly failure?: LastError };

/** Creates AWS's associations for an endpoint of type Resource: one for each resource. */
export function associate(
  state: WorldState,
  { id: endpointId, account, region }: Place & { readonly id: string },
  resources: readonly ResourceSpec[],
): readonly Association[] {
  return resources.map(({ arn, accessibility = 'Accessible', failure }) => {
    const issued = state.issue('vpce-rsc-asc');
    const resourceArn =
      arn ?? `arn:aws:vpc-lattice:${region}:${account}:resourceconfiguration/rcfg-0${digest(issued.id, 16)}`;
    return { ...issued, account, region, tags: {}, endpointId, resourceArn, accessibility, failure };
  });
}
