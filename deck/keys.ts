import { callersPluginName, isOwnPlugin } from '#core/names';
import type { Entity } from './document';

/**
 * Key of a target; `address` is `ip:port`. The control plane's entities are matched by these keys.
 */
export function targetKey(upstream: string, address: string): string {
  return `${upstream}|${address}`;
}

/** Name of the target's upstream, or of the plugin's service. */
export function parentOfKey(key: string): string {
  return key.slice(0, key.indexOf('|'));
}

/**
 * The rest of the key beside that parent: the address of a target or the name of a plugin. For
 * other kinds, the whole key.
 */
export function nameInParent(key: string): string {
  return key.slice(key.lastIndexOf('|') + 1);
}

/** Key of a plugin of a service. */
export function pluginKey(service: string, plugin: string): string {
  return `${service}|${plugin}`;
}

/** Whether the plugin may keep requests out. Our other plugins only choose the address. */
export function isGuard(key: string): boolean {
  const name = nameInParent(key);
  return name === callersPluginName || !isOwnPlugin(name);
}

/**
 * The name from which a new entity's UUIDv5 is made: `kind:name`, or `target:<upstream>:<address>`.
 */
export function uuidName({ kind, key }: Pick<Entity, 'kind' | 'key'>): string {
  return `${kind}:${key.replace('|', ':')}`;
}
