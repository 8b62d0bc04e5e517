import { pluginName } from '#core/names';
import { access, accessUnusable, isTargetMode, type Kong } from '../request/handler';
import { probeSettingsOf } from '../request/probes';
import { sharedContext } from '../runtime';
import { schemaFields } from '../schema/lua';
import {
  type PluginConfig,
  parsePluginConfig,
  parseWayOut,
  pluginPriority,
  pluginVersion,
  type WayOut,
} from '../schema/schema';

/** The class that kong-pdk instantiates once for each plugin entity. */
export class Plugin {
  private readonly config: PluginConfig | undefined;
  private readonly wayOut: WayOut;

  constructor(config: unknown) {
    this.config = parsePluginConfig(config);
    this.wayOut = parseWayOut(config);
    // Discovery starts with the first instance, not at load: a plugin server that only prints its
    // dump must exit.
    const { feed } = sharedContext(process.env);
    if (this.config && isTargetMode(this.config, feed)) feed.use(this.config.domain, probeSettingsOf(this.config));
  }

  access(kong: Kong): Promise<void> | undefined {
    const context = sharedContext(process.env);
    return this.config ? access(kong, this.config, context) : accessUnusable(kong, this.wayOut, context);
  }
}

export const Name = pluginName;
export const Version = pluginVersion;
export const Priority = pluginPriority;
export const Schema = schemaFields();
