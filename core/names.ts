const upstreamSuffix = '.privatelink';

/** Name of the upstream of a domain, and the Host that is sent to a domain which names none. */
export function upstreamName(domain: string): string {
  return `${domain}${upstreamSuffix}`;
}

/** Name of the upstream of a domain for the data planes of a zone; `zoneId` as AWS writes it (`use1-az1`), without dots. */
export function zoneUpstreamName(zoneId: string, domain: string): string {
  return `${zoneId}.${upstreamName(domain)}`;
}

/** The domain of an upstream of ours, also of one for a zone (`<zone-id>.<domain>.privatelink`): one label, the last before the suffix. */
export function domainOfUpstream(name: string): string {
  return lastLabel(name.slice(0, -upstreamSuffix.length));
}

/** The zone of an upstream of ours; undefined: it is its domain's own, or something else. */
export function zoneOfUpstream(name: string): string | undefined {
  if (!name.endsWith(upstreamSuffix)) return undefined;
  const labels = name.slice(0, -upstreamSuffix.length);
  const dot = labels.lastIndexOf('.');
  return dot < 0 ? undefined : lastLabel(labels.slice(0, dot));
}

/** Splitting the name costs more, and every target that is held is asked for both. */
function lastLabel(labels: string): string {
  return labels.slice(labels.lastIndexOf('.') + 1);
}

/** The name that the resolver beside Kong answers for a domain; below `_http._tcp.` too. */
export function resolverName(domain: string, suffix: string): string {
  return `${domain}.${suffix}`;
}

const servicePrefix = '_http._tcp.';

/** The same name as a target of Kong: below this prefix both DNS clients of Kong 3.9 ask for SRV records, the newer one nowhere else. */
export function serviceName(domain: string, suffix: string): string {
  return `${servicePrefix}${resolverName(domain, suffix)}`;
}

/** Whether a target's address (`host:port`) is a name that `serviceName` made, with whatever suffix. */
export function isServiceName(address: string): boolean {
  return address.startsWith(servicePrefix);
}

/** Name of the plugin, as Kong and `domains.<domain>.plugins` know it. */
export const pluginName = 'privatelink';

/** Name of the plugin in Lua that only chooses the upstream of the data plane's zone. */
export const zonePluginName = 'privatelink-zone';

/** Name of the plugin in Lua that lets requests through by the endpoint that they came in by; `contracts` makes its entities. */
export const callersPluginName = 'privatelink-callers';

/** Names of this product's plugins. */
export const ownPlugins: readonly string[] = [pluginName, zonePluginName, callersPluginName];

/** Whether a plugin of that name is this product's. */
export function isOwnPlugin(name: string): boolean {
  return ownPlugins.includes(name);
}

/** A domain's name: one DNS label, since it becomes part of the upstream's name; lowercase, so that no two differ by case only. */
export const domainPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
