import { upstreamName, zoneUpstreamName } from '#core/names';
import type { PluginConfig } from '../schema/schema';

/** Names of the upstreams of upstream mode. */
export type Upstreams = {
  /** The own zone's, or the domain's own where there is no zone to prefer. */
  nameOf(config: PluginConfig): string;
  setZone(zoneId: string): void;
};

/** Each name is made once per plugin instance: requests ask for the same few again and again. */
export function createUpstreams(initialZoneId?: string): Upstreams {
  let zoneId = initialZoneId;
  let names = new WeakMap<PluginConfig, string>();

  function make(config: PluginConfig): string {
    const preferred = config.affinity === 'zone' ? zoneId : undefined;
    const name = preferred ? zoneUpstreamName(preferred, config.domain) : upstreamName(config.domain);
    names.set(config, name);
    return name;
  }

  return {
    nameOf: (config) => names.get(config) ?? make(config),
    setZone: (found) => {
      zoneId = found;
      names = new WeakMap();
    },
  };
}
