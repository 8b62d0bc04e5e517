import { listOf } from '../query';
import type { EndpointService } from '../world/model';
import { serviceNotFound } from '../world/not-found';
import { isAllowed } from '../world/services';
import { zonesOf } from '../world/zones';
import { element, list, valueList } from '../xml';
import { describe } from './listing';

type Shown = EndpointService & { readonly zoneNames: readonly string[] };

/**
 * Endpoint services of the caller's region, with the zone names of its account. An account without
 * permission to connect does not see a service.
 */
export const describeVpcEndpointServices = describe<Shown>({
  set: 'serviceDetailSet',
  all: ({ world, caller, query }) => {
    const zones = zonesOf(caller);
    const asked = listOf(query, 'ServiceName');
    const all = world.services().filter((one) => one.region === caller.region && isAllowed(one, caller.account));
    const missing = asked.filter((name) => !all.some((one) => one.name === name));
    if (missing.length > 0) throw serviceNotFound(String(missing));
    return all
      .filter(({ name }) => asked.length === 0 || asked.includes(name))
      .map((service) => ({
        ...service,
        zoneNames: zones.flatMap(({ id, name }) => (service.zoneIds.includes(id) ? [name] : [])),
      }));
  },
  minimumPage: 5,
  fields: new Map<string, (one: Shown) => string>([
    ['service-name', (one) => one.name],
    ['owner', (one) => one.account],
    ['service-type', () => 'Interface'],
  ]),
  write: (one) =>
    element('serviceName', one.name) +
    element('serviceId', one.id) +
    element('serviceRegion', one.region) +
    list('serviceType', [element('serviceType', 'Interface')]) +
    valueList('availabilityZoneSet', one.zoneNames) +
    element('owner', one.account) +
    element('acceptanceRequired', one.acceptanceRequired),
});
