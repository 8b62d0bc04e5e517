import { upstreamName, zoneUpstreamName } from '#core/names';
import type { PluginConfig } from '../schema/schema';

/** Upstream names of upstream mode. */
export type Upstreams = {
  /** The own zone's upstream, or the domain's own without a preferred zone. */
  nameOf(config: PluginConfig): string;
  setZone(zoneId: string): void;
};

/** Makes each name once for each plugin instance: requests repeat the same few names. */
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
