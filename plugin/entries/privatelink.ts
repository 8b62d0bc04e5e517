import { access, type Kong } from '../handler';
import { sharedContext } from '../runtime';
import { type PluginConfig, parsePluginConfig, pluginName, pluginPriority, pluginVersion } from '../schema';
import { schemaFields } from '../schema-text';

/** The class that kong-pdk instantiates, once per plugin entity. */
export class Plugin {
  private readonly config: PluginConfig | undefined;

  constructor(config: unknown) {
    this.config = parsePluginConfig(config);
    // Discovery starts with the first instance, not at load: a plugin server asked for its dump must exit.
    const { feed } = sharedContext(process.env);
    if (this.config) feed.use(this.config.domain);
  }

  access(kong: Kong): Promise<void> | undefined {
    const context = sharedContext(process.env);
    if (this.config) return access(kong, this.config, context);
    context.explain('the plugin entity has a configuration that this version cannot use', '');
    return undefined;
  }
}

export const Name = pluginName;
export const Version = pluginVersion;
export const Priority = pluginPriority;
export const Schema = schemaFields();
