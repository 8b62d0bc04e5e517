import { AwsError } from '../error';
import { listOf, required } from '../query';
import type { AwsRequest } from '../request';
import { type AllowedPrincipal, type EndpointService, isAt } from '../world/model';
import { serviceIdNotFound } from '../world/not-found';
import { zonesOf } from '../world/zones';
import { element, list, valueList } from '../xml';
import { describe } from './listing';

/** The provider's view of its own services. */
export const describeVpcEndpointServiceConfigurations = describe<EndpointService>({
  set: 'serviceConfigurationSet',
  all: ({ world, caller }) => world.services(caller),
  ids: {
    parameter: 'ServiceId',
    notFound: 'InvalidVpcEndpointServiceId.NotFound',
    find: ({ world }, id) => world.services().find((one) => one.id === id),
  },
  minimumPage: 5,
  fields: new Map<string, (one: EndpointService) => string>([
    ['service-name', (one) => one.name],
    ['service-id', (one) => one.id],
    ['service-state', () => 'Available'],
    ['supported-ip-address-types', () => 'ipv4'],
  ]),
  write: configurationXml,
});

/** The allowed principals of one of the caller's services. */
export const describeVpcEndpointServicePermissions = describe<AllowedPrincipal>({
  set: 'allowedPrincipals',
  all: (request) => ownService(request).principals,
  minimumPage: 5,
  fields: new Map([
    ['principal', (one) => one.principal],
    ['principal-type', typeOf],
  ]),
  write: (one) => permissionXml(one),
});

/** Adds and removes principals of one of the caller's services. */
export function modifyVpcEndpointServicePermissions(request: AwsRequest): string {
  const { world, query } = request;
  const service = ownService(request);
  const add = listOf(query, 'AddAllowedPrincipals');
  const remove = listOf(query, 'RemoveAllowedPrincipals');
  if (add.length + remove.length === 0) {
    const message = 'Either AddAllowedPrincipals or RemoveAllowedPrincipals must be specified';
    throw new AwsError('MissingParameter', message);
  }
  const added = world.changePrincipals(service.name, { add, remove });
  const written = added.map((one) => permissionXml(one) + element('serviceId', service.id));
  return list('addedPrincipalSet', written) + element('return', true);
}

/** Throws InvalidVpcEndpointServiceId.NotFound, also for a service of another account or region. */
function ownService({ world, caller, query }: AwsRequest): EndpointService {
  const id = required(query, 'ServiceId');
  const service = world.services().find((one) => one.id === id && isAt(one, caller));
  if (!service) throw serviceIdNotFound(id);
  return service;
}

function configurationXml(service: EndpointService): string {
  const zones = zonesOf(service).filter(({ id }) => service.zoneIds.includes(id));
  return (
    list('serviceType', [element('serviceType', 'Interface')]) +
    element('serviceId', service.id) +
    element('serviceName', service.name) +
    element('serviceState', 'Available') +
    valueList(
      'availabilityZoneIdSet',
      zones.map(({ id }) => id),
    ) +
    valueList(
      'availabilityZoneSet',
      zones.map(({ name }) => name),
    ) +
    element('acceptanceRequired', service.acceptanceRequired) +
    element('managesVpcEndpoints', false) +
    valueList('networkLoadBalancerArnSet', [service.loadBalancerArn]) +
    valueList('supportedIpAddressTypeSet', ['ipv4']) +
    valueList('baseEndpointDnsNameSet', [`${service.id}.${service.region}.vpce.amazonaws.com`])
  );
}

function typeOf({ principal }: AllowedPrincipal): string {
  if (principal === '*') return 'All';
  const [, kind = ''] = /:(root|user|role)(\/|$)/.exec(principal) ?? [];
  return { root: 'Account', user: 'User', role: 'Role' }[kind] ?? 'Service';
}

function permissionXml(one: AllowedPrincipal): string {
  return (
    element('principalType', typeOf(one)) + element('principal', one.principal) + element('servicePermissionId', one.id)
  );
}
