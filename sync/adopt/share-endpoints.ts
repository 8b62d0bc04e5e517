import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { Adoptable } from './adoptable';
import type { Naming } from './domains';

/**
 * An endpoint claims one domain, and a domain has one service: of several services that lead to an endpoint one is adopted, and the others are refused
 * with the reason. The service that people name in `--domain` comes first, then the one whose domain the endpoint has in its tag, then the
 * one with the most routes, then by name. Gives all of them by domain.
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
      reason: `domain ${domain} is generated already, beside service ${service.key}`,
      fix: `name another domain for an endpoint of its own, or retire ${domain} first and adopt this service instead`,
    };
  const other = names.has(service.key)
    ? undefined
    : endpoints.find((one) => ![undefined, domain].includes(domainTagOf(one)));
  if (!other) return undefined;
  return {
    reason: `endpoint ${other.id} is tagged for domain ${domainTagOf(other)}, and another of service ${service.key} for ${domain}`,
    fix: `say which with --domain ${service.key}=DOMAIN`,
  };
}

function whySecond(one: Adoptable, sameDomain: Adoptable | undefined, sameEndpoint: Adoptable | undefined) {
  const name = one.service.key;
  if (sameEndpoint && one.upstream && sameEndpoint.upstream?.key === one.upstream.key)
    return {
      reason: `upstream ${one.upstream.key} goes to domain ${sameEndpoint.domain} with service ${sameEndpoint.service.key}`,
      fix: `leave service ${name} as it is: it stays on that upstream, and follows its targets`,
    };
  if (sameEndpoint)
    return {
      reason: `its endpoint goes to domain ${sameEndpoint.domain} with service ${sameEndpoint.service.key}, and an endpoint has one domain`,
      fix: `point service ${name} at the same upstream, or make an endpoint of its own for it; --domain ${name}=DOMAIN takes it instead`,
    };
  if (!sameDomain) return undefined;
  return {
    reason: `domain ${one.domain} goes to service ${sameDomain.service.key}`,
    fix: `give it another: --domain ${name}=DOMAIN`,
  };
}
