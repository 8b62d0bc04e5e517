/** Names of the entities of a domain, in one place: the control plane is read back by them. */

const upstreamSuffix = '.privatelink';

export function upstreamName(domain: string): string {
  return `${domain}${upstreamSuffix}`;
}

/** The domain of an upstream of ours, also of one for a zone (`<zone-id>.<domain>.privatelink`). */
export function domainOfUpstream(name: string): string {
  return name.slice(0, -upstreamSuffix.length).split('.').at(-1) ?? name;
}

/** Key of a target; `address` as `ip:port`. */
export function targetKey(upstream: string, address: string): string {
  return `${upstream}|${address}`;
}

/** Key of a plugin of a service. */
export function pluginKey(service: string, plugin: string): string {
  return `${service}|${plugin}`;
}
