import { callersPluginName, isOwnPlugin } from '#core/names';
import type { Entity } from './document';

/** Keys of entities below another; the control plane is read back by them. */

/** Key of a target; `address` as `ip:port`. */
export function targetKey(upstream: string, address: string): string {
  return `${upstream}|${address}`;
}

/** Name of the upstream of a target, or of the service of a plugin, with this key. */
export function parentOfKey(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/** What a key says beside that parent: the address of a target, the name of a plugin; of other kinds all of it. */
export function nameInParent(key: string): string {
  return key.slice(key.lastIndexOf('|') + 1);
}

/** Key of a plugin of a service. */
export function pluginKey(service: string, plugin: string): string {
  return `${service}|${plugin}`;
}

/** Whether the plugin with this key may be there to keep requests out; our others only pick their address. */
export function isGuard(key: string): boolean {
  const name = nameInParent(key);
  return name === callersPluginName || !isOwnPlugin(name);
}

/** The name whose UUIDv5 a created entity gets: `kind:name`, for a target `target:<upstream>:<address>`. */
export function uuidName({ kind, key }: Pick<Entity, 'kind' | 'key'>): string {
  return `${kind}:${key.replace('|', ':')}`;
}
