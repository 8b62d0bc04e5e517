import { serveMetrics } from '#data-plane/metrics-server';
import { unreferencedClock } from '#io/clock';
import { sharedContext } from '../runtime';
import { dumpAll, dumpOne } from './dump';
import { environmentOf, type ServerOptions, socketPathOf } from './options';
import { createInstances } from './serving/instances';
import { type Counts, metricsText } from './serving/metrics';
import { loadPlugins, type PluginEntry } from './serving/plugins';
import { type PluginServer, servePlugins } from './serving/serve';

export type RunOptions = ServerOptions & {
  readonly env: NodeJS.ProcessEnv;
  readonly onProblem: (reason: string) => void;
};

/**
 * Kong's information about all plugins, or about the one that `dumpPluginInfo` names. Throws
 * PrivatelinkError when there is none.
 */
export function dump(options: RunOptions): string {
  const plugins = open(options);
  const { dumpPluginInfo } = options;
  return dumpPluginInfo === undefined
    ? dumpAll(plugins.values(), socketPathOf(options))
    : dumpOne(plugins, dumpPluginInfo);
}

/**
 * Loads the plugins and returns their server. Serves metrics when asked to. Throws PrivatelinkError
 * on failure.
 */
export async function serve(options: RunOptions): Promise<PluginServer> {
  const { onProblem } = options;
  const counts: Counts = { events: 0, calls: new Map() };
  const instances = createInstances({ plugins: open(options), now: unreferencedClock.now, onProblem });
  // Discovery begins now, not with the first request.
  const { feed, unresolved, monotonicMs } = sharedContext(options.env);
  const render = () =>
    metricsText({ counts, instances: instances.count(), unresolved: unresolved(), feed, nowMs: monotonicMs() });
  if (options.metrics !== undefined) (await serveMetrics(options.metrics, render)).unref();
  return servePlugins({ instances, counts, onProblem });
}

function open(options: RunOptions): ReadonlyMap<string, PluginEntry> {
  // The plugin and its discovery thread read the same variables under the stock server.
  Object.assign(options.env, environmentOf(options));
  return loadPlugins(options.pluginsDirectory, options.onProblem);
}
