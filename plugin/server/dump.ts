import { PrivatelinkError } from '#core/errors';
import type { PluginEntry } from './serving/plugins';

/** Kong's question about all plugins: the protocol, the socket, and each plugin's schema. */
export function dumpAll(plugins: Iterable<PluginEntry>, socketPath: string): string {
  return JSON.stringify({ Protocol: 'ProtoBuf:1', SocketPath: socketPath, Plugins: [...plugins].map(infoOf) });
}

/** The same for one plugin. Throws PrivatelinkError when no plugin has the name. */
export function dumpOne(plugins: ReadonlyMap<string, PluginEntry>, name: string): string {
  const entry = plugins.get(name.toLowerCase());
  if (entry) return JSON.stringify(infoOf(entry));
  const fix = `there is ${[...plugins.keys()].join(', ')}`;
  throw new PrivatelinkError(`there is no plugin ${name}`, { code: 'CONFIG_INVALID', fix });
}

function infoOf({ name, phases, version, priority, schema }: PluginEntry) {
  return {
    Name: name,
    Phases: phases,
    Version: version,
    Priority: priority,
    Schema: { name, fields: [{ config: { type: 'record', fields: schema } }] },
  };
}
