import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { Adoptable } from './adoptable';
import type { Naming } from './domains';

/**
 * Chooses one service for each endpoint and domain: an endpoint claims one domain, and a domain has
 * one service. The other services are refused with the reason. The order of choice: a service in
 * `--domain`, the service whose domain is in the endpoint's tag, the service with most routes, the
 * name. Returns all services, ordered by domain.
 */
export function shareEndpoints(adoptable: readonly Adoptable[], naming: Naming): readonly Adoptable[] {
  const byDomain = new Map<string, Adoptable>();
  const byEndpoint = new Map<string, Adoptable>();
  const settled = inOrder(adoptable, naming).map((one) => {
    if (one.refused) return one;
    const others = one.endpoints.flatMap(({ id }) => byEndpoint.get(id) ?? []);
    const refused = whyTaken(one, naming) ?? whySecond(one, byDomain.get(one.domain), others[0]);
    if (refused) return { ...one, tags: {}, changes: [], differences: [], refused };
    byDomain.set(one.domain, one);
    for (const { id } of one.endpoints) byEndpoint.set(id, one);
    return one;
  });
  return settled.toSorted((a, b) => compareText(a.domain, b.domain) || compareText(a.service.key, b.service.key));
}

function inOrder(adoptable: readonly Adoptable[], { names }: Naming): readonly Adoptable[] {
  const isNamed = ({ service }: Adoptable) => Number(names.has(service.key));
  const isTagged = ({ endpoints, domain }: Adoptable) => Number(endpoints.some((one) => domainTagOf(one) === domain));
  return adoptable.toSorted(
    (a, b) =>
      isNamed(b) - isNamed(a) ||
      isTagged(b) - isTagged(a) ||
      b.routes.length - a.routes.length ||
      compareText(a.service.key, b.service.key),
  );
}

function domainTagOf({ tags, tagKeys }: SeenEndpoint): string | undefined {
  return tags[tagKeys.domain]?.trim() || undefined;
}

function whyTaken({ domain, service, endpoints }: Adoptable, { names, taken }: Naming): Problem | undefined {
  if (taken.has(domain))
    return {
      reason: `domain ${domain} is already generated, beside service ${service.key}`,
      fix: `choose another domain with an endpoint of its own, or first retire ${domain} and then adopt this service`,
    };
  const other = names.has(service.key)
    ? undefined
    : endpoints.find((one) => ![undefined, domain].includes(domainTagOf(one)));
  if (!other) return undefined;
  return {
    reason: `endpoint ${other.id} of service ${service.key} is tagged for domain ${domainTagOf(other)}, another one for ${domain}`,
    fix: `choose one with --domain ${service.key}=DOMAIN`,
  };
}

function whySecond(one: Adoptable, sameDomain: Adoptable | undefined, sameEndpoint: Adoptable | undefined) {
  const name = one.service.key;
  if (sameEndpoint && one.upstream && sameEndpoint.upstream?.key === one.upstream.key)
    return {
      reason: `domain ${sameEndpoint.domain} takes upstream ${one.upstream.key} with service ${sameEndpoint.service.key}`,
      fix: `leave service ${name} as it is: this service keeps the upstream and its targets`,
    };
  if (sameEndpoint)
    return {
      reason: `domain ${sameEndpoint.domain} takes its endpoint with service ${sameEndpoint.service.key}, and an endpoint has only one domain`,
      fix: `point service ${name} at the same upstream, or create an endpoint of its own; to adopt ${name} instead, use --domain ${name}=DOMAIN`,
    };
  if (!sameDomain) return undefined;
  return {
    reason: `service ${sameDomain.service.key} already has the name ${one.domain} for its domain`,
    fix: `choose another name: --domain ${name}=DOMAIN`,
  };
}
