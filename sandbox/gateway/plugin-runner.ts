import { messageOf } from '#core/errors';
import type { JsonObject } from '#core/model';
import { pluginName } from '#core/names';
import type { Pdk, PluginServerDriver } from '../plugin-server/driver';

export type PluginEntity = { readonly id: string; readonly config: JsonObject };

/** Runs the access phase of the `privatelink` plugin; rejects when the plugin server fails. */
export type PluginRunner = { readonly access: (plugin: PluginEntity, pdk: Pdk) => Promise<void> };

/**
 * Keeps one instance per plugin and configuration. Restarts it when the server has forgotten it, as
 * Kong does.
 */
export function createPluginRunner(server: Pick<PluginServerDriver, 'startInstance' | 'handleEvent'>): PluginRunner {
  const instances = new Map<string, Promise<number>>();

  async function attempt({ id, config }: PluginEntity, pdk: Pdk): Promise<void> {
    const key = `${id} ${JSON.stringify(config)}`;
    const instance = instances.get(key) ?? server.startInstance(pluginName, config);
    instances.set(key, instance);
    try {
      await server.handleEvent(await instance, 'access', pdk);
    } catch (thrown) {
      if (instances.get(key) === instance) instances.delete(key);
      throw thrown;
    }
  }

  async function access(plugin: PluginEntity, pdk: Pdk): Promise<void> {
    try {
      await attempt(plugin, pdk);
    } catch (thrown) {
      if (!isForgotten(thrown)) throw thrown;
      await attempt(plugin, pdk);
    }
  }

  return { access };
}

/**
 * Kong recognises the case by these words (kong/runloop/plugin_servers/rpc/mp_rpc.lua, pb_rpc.lua).
 */
function isForgotten(thrown: unknown): boolean {
  return /no plugin instance|closed/i.test(messageOf(thrown));
}
