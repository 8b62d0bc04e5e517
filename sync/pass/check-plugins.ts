import { pluginsInUse } from '#config/plugins-in-use';
import type { Config } from '#config/schema';
import { messageOf } from '#core/errors';
import { ownPlugins } from '#core/names';
import type { Base } from '#deck/file/base';
import { backendOf } from '../control-planes/backends';
import type { PluginAnswer } from '../control-planes/plugins/check';

type Configured = { readonly config: Pick<Config, 'domains' | 'contracts' | 'controlPlane'>; readonly base: Base };

/**
 * Asks the control plane's own schemas about the plugins of `domains` and `contracts`. Makes no
 * call when there are no plugins, or when the control plane has no schemas to ask. Rejects only
 * with the signal's reason.
 */
export async function checkPlugins({ config, base }: Configured, signal: AbortSignal): Promise<PluginAnswer> {
  const { openEntities, schemas } = backendOf(config.controlPlane);
  if (pluginsInUse(config).size === 0 || !openEntities) return { asked: 0, problems: [], unchecked: [] };
  try {
    const { askAboutPlugins } = await import('../control-planes/plugins/check');
    const api = await openEntities(signal);
    if (!api) return { asked: 0, problems: [], unchecked: [] };
    const brought = new Set([...(schemas ? ownPlugins : []), ...customPlugins(base)]);
    return await askAboutPlugins(config, { ...api, brought }, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return { asked: 0, problems: [], unchecked: [`plugins were not checked: ${messageOf(thrown)}`] };
  }
}

/** Custom plugins of base files: decK writes them with the rest. */
function customPlugins({ files }: Base): readonly string[] {
  return files.flatMap(({ custom_plugins = [] }) => custom_plugins.map(({ name }) => String(name)));
}
