import { overlap } from '#core/addresses/ranges';
import { AwsError } from '../error';
import type { Peering, Vpc } from './model';
import type { WorldState } from './state';

export type PeeringSpec = { readonly requester: Vpc; readonly accepter: Vpc };

/** Asks the accepter. The request fails where the two ranges overlap, as with AWS. */
export function createPeering(state: WorldState, { requester, accepter }: PeeringSpec): Peering {
  const { account, region } = requester;
  const status = overlap(requester.cidr, accepter.cidr)
    ? { status: 'failed', message: 'Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range' }
    : { status: 'pending-acceptance', message: `Pending Acceptance by ${accepter.account}` };
  const peering = { ...state.issue('pcx'), account, region, tags: {}, requester, accepter, ...status };
  state.peerings.set(peering.id, peering);
  return peering;
}

/**
 * Accepts the peering. Throws InvalidVpcPeeringConnectionID.NotFound, and InvalidStateTransition
 * for a peering in another state.
 */
export function acceptPeering(state: WorldState, id: string): void {
  const peering = state.peerings.get(id);
  if (!peering)
    throw new AwsError('InvalidVpcPeeringConnectionID.NotFound', `The vpcPeeringConnection ID '${id}' does not exist`);
  if (peering.status !== 'pending-acceptance')
    throw new AwsError('InvalidStateTransition', `${id} is ${peering.status}`);
  state.peerings.set(id, { ...peering, status: 'active', message: 'Active' });
}
