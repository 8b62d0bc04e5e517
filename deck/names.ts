/** Keys of entities below another; the control plane is read back by them. */

/** Key of a target; `address` as `ip:port`. */
export function targetKey(upstream: string, address: string): string {
  return `${upstream}|${address}`;
}

/** Name of the upstream that a target with this key belongs to. */
export function upstreamOfTarget(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/** Key of a plugin of a service. */
export function pluginKey(service: string, plugin: string): string {
  return `${service}|${plugin}`;
}
