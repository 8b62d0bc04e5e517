/** Keys of entities below another; the control plane is read back by them. */

/** Key of a target; `address` as `ip:port`. */
export function targetKey(upstream: string, address: string): string {
  return `${upstream}|${address}`;
}

/** Key of a plugin of a service. */
export function pluginKey(service: string, plugin: string): string {
  return `${service}|${plugin}`;
}
