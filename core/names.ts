const upstreamSuffix = '.privatelink';

/** Name of the upstream of a domain, and the Host that is sent to a domain which names none. */
export function upstreamName(domain: string): string {
  return `${domain}${upstreamSuffix}`;
}

/** The domain of an upstream of ours, also of one for a zone (`<zone-id>.<domain>.privatelink`). */
export function domainOfUpstream(name: string): string {
  return name.slice(0, -upstreamSuffix.length).split('.').at(-1) ?? name;
}

/** A domain's name: one DNS label, since it becomes part of the upstream's name; lowercase, so that no two differ by case only. */
export const domainPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
