import { AwsError } from '../error';
import { digest } from './ids';
import type { AllowedPrincipal, EndpointService, LoadBalancerTarget, Place, Tags } from './model';
import { serviceNotFound } from './not-found';
import type { AddressesFor, WorldState } from './state';
import { zoneIdsOf } from './zones';

export type ServiceSpec = Place & {
  readonly acceptanceRequired?: boolean;
  /** Absent: all zones of the region. */
  readonly zoneIds?: readonly string[];
  readonly tags?: Tags;
  /** ARNs, or `*`. Absent: everybody. AWS's own default is the service's account alone. */
  readonly principals?: readonly string[];
  /** Absent: a healthy one in each zone. */
  readonly targets?: readonly LoadBalancerTarget[];
  /**
   * The provider's addresses for one more endpoint without addresses. Absent: addresses of its
   * subnets.
   */
  readonly addressesFor?: AddressesFor;
};

export function createService(state: WorldState, spec: ServiceSpec): EndpointService {
  const { account, region, tags = {}, acceptanceRequired = false, zoneIds = zoneIdsOf(region) } = spec;
  const issued = state.issue('vpce-svc');
  const name = `com.amazonaws.vpce.${region}.${issued.id}`;
  const service = {
    ...{ ...issued, account, region, tags, name, acceptanceRequired, zoneIds },
    principals: (spec.principals ?? ['*']).map((principal) => allowedOf(state, spec, principal)),
    loadBalancerArn: `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/net/provider/${digest(name, 16)}`,
    targets: spec.targets ?? zoneIds.map((zoneId, index) => ({ ip: `10.255.${index}.10`, zoneId, state: 'healthy' })),
  };
  state.services.set(name, service);
  if (spec.addressesFor) state.addressesFor.set(name, spec.addressesFor);
  return service;
}

/** Replaces fields of a service; throws InvalidServiceName. */
export function changeService(state: WorldState, name: string, fields: Partial<EndpointService>): EndpointService {
  const service = state.services.get(name);
  if (!service) throw serviceNotFound(name);
  const changed = { ...service, ...fields };
  state.services.set(name, changed);
  return changed;
}

export type PrincipalsChange = { readonly add?: readonly string[]; readonly remove?: readonly string[] };

/**
 * Changes the allowed principals. A principal that is there already, or is missing, is no error.
 * Returns the new principals.
 */
export function changePrincipals(
  state: WorldState,
  name: string,
  { add = [], remove = [] }: PrincipalsChange,
): readonly AllowedPrincipal[] {
  const service = changeService(state, name, {});
  const wrong = [...add, ...remove].find((one) => one !== '*' && !principalPattern.test(one));
  if (wrong !== undefined) throw new AwsError('InvalidPrincipal', `Invalid Principal: '${wrong}'`);
  const held = new Set(service.principals.map(({ principal }) => principal));
  const added = [...new Set(add)].filter((one) => !held.has(one)).map((one) => allowedOf(state, service, one));
  const left = service.principals.filter(({ principal }) => !remove.includes(principal));
  changeService(state, name, { principals: [...left, ...added] });
  return added;
}

const principalPattern = /^arn:aws[a-z-]*:iam::\d{12}:(root|user\/.+|role\/.+)$/;

/**
 * Whether the account may see the service, and connect. A principal stands for its whole account,
 * since nobody else calls here.
 */
export function isAllowed({ account: owner, principals }: EndpointService, account: string): boolean {
  return (
    owner === account ||
    principals.some(({ principal }) => principal === '*' || principal.includes(`:iam::${account}:`))
  );
}

function allowedOf(state: WorldState, { account, region }: Place, principal: string): AllowedPrincipal {
  return { ...state.issue('vpce-svc-perm'), account, region, tags: {}, principal };
}
