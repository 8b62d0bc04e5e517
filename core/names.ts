const upstreamSuffix = '.privatelink';

/** Returns the name of a domain's upstream. It is also the Host header of a domain without one. */
export function upstreamName(domain: string): string {
  return `${domain}${upstreamSuffix}`;
}

/**
 * Name of a domain's upstream for the data planes of a zone. `zoneId` is AWS's id (`use1-az1`),
 * without dots.
 */
export function zoneUpstreamName(zoneId: string, domain: string): string {
  return `${zoneId}.${upstreamName(domain)}`;
}

/**
 * Returns the domain of a generated upstream, even of one for a zone
 * (`<zone-id>.<domain>.privatelink`): the last label before the suffix.
 */
export function domainOfUpstream(name: string): string {
  return lastLabel(name.slice(0, -upstreamSuffix.length));
}

/** Returns the zone of a generated upstream; undefined: the upstream is not for a zone. */
export function zoneOfUpstream(name: string): string | undefined {
  if (!name.endsWith(upstreamSuffix)) return undefined;
  const labels = name.slice(0, -upstreamSuffix.length);
  const dot = labels.lastIndexOf('.');
  return dot < 0 ? undefined : lastLabel(labels.slice(0, dot));
}

/** Faster than splitting the name: every held target needs both parts. */
function lastLabel(labels: string): string {
  return labels.slice(labels.lastIndexOf('.') + 1);
}

/**
 * Returns the name that the resolver beside Kong answers for a domain, with and without
 * `_http._tcp.`.
 */
export function resolverName(domain: string, suffix: string): string {
  return `${domain}.${suffix}`;
}

const servicePrefix = '_http._tcp.';

/**
 * Returns the name as a target of Kong. With this prefix both DNS clients of Kong 3.9 ask for SRV
 * records; the newer client asks for SRV nowhere else.
 */
export function serviceName(domain: string, suffix: string): string {
  return `${servicePrefix}${resolverName(domain, suffix)}`;
}

/** Whether a target's address (`host:port`) is a name that `serviceName` made, with any suffix. */
export function isServiceName(address: string): boolean {
  return address.startsWith(servicePrefix);
}

/** Name of the plugin, as Kong and `domains.<domain>.plugins` know it. */
export const pluginName = 'privatelink';

/** Name of the plugin in Lua that only chooses the upstream of the data plane's zone. */
export const zonePluginName = 'privatelink-zone';

/**
 * Name of the plugin in Lua that judges requests by the endpoint of the caller; `contracts` makes
 * its entities.
 */
export const callersPluginName = 'privatelink-callers';

/** Names of this product's plugins. */
export const ownPlugins: readonly string[] = [pluginName, zonePluginName, callersPluginName];

/** Whether a plugin of that name is this product's. */
export function isOwnPlugin(name: string): boolean {
  return ownPlugins.includes(name);
}

/**
 * A domain's name: one DNS label, because it becomes part of the upstream's name. Lower case, so
 * that no two names differ by case alone.
 */
export const domainPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
