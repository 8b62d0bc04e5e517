import type { Peering, Vpc } from '../world/model';
import { element, list, wrap } from '../xml';
import { describe } from './listing';

/** Peerings of which either side is the caller's. */
export const describeVpcPeeringConnections = describe<Peering>({
  set: 'vpcPeeringConnectionSet',
  all: ({ world, caller }) => world.peerings(caller),
  minimumPage: 5,
  fields: new Map([
    ['vpc-peering-connection-id', (one) => one.id],
    ['status-code', (one) => one.status],
    ['requester-vpc-info.vpc-id', (one) => one.requester.id],
    ['accepter-vpc-info.vpc-id', (one) => one.accepter.id],
  ]),
  write: (one) =>
    element('vpcPeeringConnectionId', one.id) +
    wrap('requesterVpcInfo', sideXml(one.requester, one)) +
    wrap('accepterVpcInfo', sideXml(one.accepter, one)) +
    wrap('status', element('code', one.status), element('message', one.message)),
});

/** AWS tells the accepter's ranges once the peering is active; the requester's always. */
function sideXml(vpc: Vpc, { status, requester }: Peering): string {
  const isShown = status === 'active' || vpc.id === requester.id;
  const range = element('cidrBlock', vpc.cidr);
  return (
    element('ownerId', vpc.account) +
    element('vpcId', vpc.id) +
    element('region', vpc.region) +
    (isShown ? range + list('cidrBlockSet', [range]) : '')
  );
}
