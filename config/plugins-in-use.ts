import { callersPluginName } from '#core/names';
import type { Config } from './schema';

type Using = Pick<Config, 'domains' | 'contracts'>;

/**
 * Returns the names of plugins with entities: plugins of domains, and the plugin that judges
 * callers where `contracts` names a service of the gateway.
 */
export function pluginsInUse({ domains, contracts }: Using): ReadonlySet<string> {
  const listed = Object.values(domains).flatMap(({ plugins = [] }) => plugins.map(({ name }) => name));
  return new Set(judgesCallers({ contracts }) ? [...listed, callersPluginName] : listed);
}

/** Whether each domain gets a plugin that judges its callers. */
export function judgesCallers({ contracts }: Pick<Config, 'contracts'>): boolean {
  return contracts?.services.some(({ domains }) => domains === undefined) === true;
}
