import { join } from 'node:path';
import type { Logger } from 'pino';
import { limitRate } from '../limit-rate';
import { sharedContext } from '../runtime';
import { unreferencedClock } from '../unreferenced-clock';
import { dumpAll, dumpOne } from './dump';
import { createInstances } from './instances';
import { whyClosedToKong } from './listen';
import { type Counts, renderMetrics } from './metrics';
import { serveMetrics } from './metrics-server';
import { environmentOf, type ServerOptions } from './options';
import { loadPlugins, type PluginEntry } from './plugins';
import { type PluginServer, servePlugins } from './serve';

export type RunOptions = ServerOptions & {
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly out: (text: string) => void;
};

type Problem = (reason: string) => void;
type Plugins = ReadonlyMap<string, PluginEntry>;

/** Prints a dump, or gives the server that is running. Throws PrivatelinkError when it cannot. */
export async function run(options: RunOptions): Promise<PluginServer | undefined> {
  const { env, logger, out, dumpPluginInfo, dumpAllPlugins, kongPrefix, sockName } = options;
  const say = limitRate((reason) => logger.warn({ reason }, 'problem'));
  const onProblem = (reason: string) => say(reason, '');
  // The plugin and its discovery thread read the same variables under the stock server.
  Object.assign(env, environmentOf(options));
  const socketPath = join(kongPrefix, sockName);
  const plugins = loadPlugins(options.pluginsDirectory, onProblem);
  if (dumpPluginInfo === undefined && !dumpAllPlugins) return serve(options, { plugins, socketPath, onProblem });
  out(dumpPluginInfo === undefined ? dumpAll(plugins.values(), socketPath) : dumpOne(plugins, dumpPluginInfo));
  return undefined;
}

type ServeInput = { readonly plugins: Plugins; readonly socketPath: string; readonly onProblem: Problem };

async function serve({ env, metrics }: RunOptions, input: ServeInput): Promise<PluginServer> {
  const { plugins, socketPath, onProblem } = input;
  const counts: Counts = { events: 0, calls: new Map() };
  const instances = createInstances({ plugins, now: unreferencedClock.now, onProblem });
  const server = await servePlugins({ socketPath, instances, counts, onProblem });
  const closed = whyClosedToKong(socketPath);
  if (closed) onProblem(closed);
  // Discovery begins now, not with the first request.
  const { feed, unresolved, now } = sharedContext(env);
  const render = () =>
    renderMetrics({ counts, instances: instances.count(), unresolved: unresolved(), feed, nowMs: now() });
  if (metrics !== undefined) (await serveMetrics(metrics, render)).unref();
  return server;
}
