import { digest } from '../world/ids';
import type { Instance } from '../world/model';
import { element, list, wrap } from '../xml';
import { describe } from './listing';
import { tagsXml } from './network';

/** The caller's instances in every state that AWS lists, each in a reservation of its own. */
export const describeInstances = describe<Instance>({
  set: 'reservationSet',
  all: ({ world, caller }) => world.instances(caller),
  ids: {
    parameter: 'InstanceId',
    notFound: 'InvalidInstanceID.NotFound',
    find: ({ world }, id) => world.instance(id),
  },
  minimumPage: 5,
  fields: new Map([
    ['instance-id', (one) => one.id],
    ['instance-state-name', (one) => one.state],
    ['vpc-id', (one) => one.network?.vpcId],
    ['private-ip-address', (one) => one.network?.ip],
    ['availability-zone', (one) => one.zone.name],
  ]),
  write: reservationXml,
});

/** AWS's numbers for its states, low byte. */
const stateCodes = new Map([
  ['pending', 0],
  ['running', 16],
  ['shutting-down', 32],
  ['terminated', 48],
  ['stopping', 64],
  ['stopped', 80],
]);

function reservationXml(instance: Instance): string {
  return (
    element('reservationId', `r-0${digest(instance.id, 16)}`) +
    element('ownerId', instance.account) +
    list('groupSet', []) +
    list('instancesSet', [instanceXml(instance)])
  );
}

function instanceXml(one: Instance): string {
  const { network, stateReason } = one;
  return (
    element('instanceId', one.id) +
    wrap('instanceState', element('code', stateCodes.get(one.state)), element('name', one.state)) +
    element('instanceType', 't3.micro') +
    element('launchTime', new Date(one.launchedAtMs).toISOString()) +
    // The name alone, as AWS has answered for years: a caller maps the name to an id.
    wrap('placement', element('availabilityZone', one.zone.name), element('tenancy', 'default')) +
    element('subnetId', network?.subnetId) +
    element('vpcId', network?.vpcId) +
    element('privateIpAddress', network?.ip) +
    (stateReason
      ? wrap('stateReason', element('code', stateReason.code), element('message', stateReason.message))
      : '') +
    tagsXml(one.tags) +
    list('networkInterfaceSet', network ? [interfaceXml(one.id, network)] : [])
  );
}

function interfaceXml(instanceId: string, { vpcId, subnetId, ip, ipv6 }: NonNullable<Instance['network']>): string {
  const address = element('privateIpAddress', ip);
  return (
    element('networkInterfaceId', `eni-0${digest(instanceId, 16)}`) +
    element('subnetId', subnetId) +
    element('vpcId', vpcId) +
    element('status', 'in-use') +
    address +
    wrap('attachment', element('deviceIndex', 0), element('networkCardIndex', 0), element('status', 'attached')) +
    list('privateIpAddressesSet', [address + element('primary', true)]) +
    list('ipv6AddressesSet', ipv6 === undefined ? [] : [element('ipv6Address', ipv6)])
  );
}
