import { randomUUID } from 'node:crypto';
import { Agent, createServer } from 'node:http';
import { listenTogether } from '../network/loopback';
import { createProxiedServer } from '../network/proxied-server';
import { openCallers } from './callers/open';
import type { CallersRunner } from './callers/runner';
import { type ControlPlaneOptions, createControlPlaneReader } from './control-plane-reader';
import { emptyConfig } from './entities';
import { type Awaited, followControlPlane } from './follow';
import type { PluginRunner } from './plugin-runner';
import { createActiveChecks } from './proxy/active-checks';
import { createBalancer } from './proxy/balancer';
import { createProxy, type Hop } from './proxy/proxy';
import { createRouter } from './proxy/router';

export type GatewayOptions = {
  readonly controlPlane: ControlPlaneOptions;
  /** Zone that the data plane runs in; becomes part of its host name. */
  readonly zoneId: string;
  /** Loopback; default: 127.0.0.1 and a port chosen by the system. */
  readonly listen?: { readonly host: string; readonly port?: number };
  /** Runs the `privatelink` plugin; without it the plugin is not installed here. */
  readonly runner?: PluginRunner;
  /**
   * Runs the `privatelink-callers` plugin, and closes with the gateway. Default: the product's Lua
   * file where LuaJIT exists, else the judge in TypeScript.
   */
  readonly callers?: CallersRunner;
  /**
   * Called about five times a second while the expected configuration is in use. A real data plane
   * reports over a connection of its own.
   */
  readonly reportNode?: (node: { readonly id: string; readonly hostname: string; readonly configHash: string }) => void;
  /** Called before the client gets the head of the answer. */
  readonly onHop?: (hop: Hop) => void;
};

export type Gateway = {
  readonly host: string;
  readonly port: number;
  /**
   * On the same host, for connections with a header of PROXY protocol, as load balancers write it.
   */
  readonly proxiedPort: number;
  readonly url: string;
  /** Of the configuration in use; undefined before the first. */
  readonly configHash: () => string | undefined;
  /** Resolves when the awaited configuration is in use. Rejects after `timeoutMs`. */
  readonly waitForConfig: (wanted: Awaited, timeoutMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/**
 * Starts a stand-in for a Kong data plane of a control plane in Konnect: routing, balancing,
 * retries, and the plugin's PDK calls. It answers 404 until its first configuration, and keeps the
 * last one while the control plane is down.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, port } = options.listen ?? { host: '127.0.0.1' };
  const agent = new Agent({ keepAlive: true });
  const balancer = createBalancer();
  const checks = createActiveChecks(agent, balancer.restore);
  let current = { config: emptyConfig, router: createRouter(emptyConfig) };
  const callers = options.callers ?? openCallers();
  const proxy = createProxy({
    current: () => current,
    ...{ balancer, agent, callers },
    runner: options.runner,
    onHop: options.onHop ?? (() => undefined),
    onEjected: checks.watch,
  });
  const listening = await listenTogether([host], () => createServer(proxy), port);
  const proxied = await listenTogether([host], () => createProxiedServer(createServer(proxy)));
  const reader = createControlPlaneReader(options.controlPlane);
  const node = { id: randomUUID(), hostname: `gateway-${options.zoneId}` };
  const follower = followControlPlane({
    reader,
    onConfig: (config) => {
      current = { config, router: createRouter(config) };
    },
    onInSync: (configHash) => options.reportNode?.({ ...node, configHash }),
  });
  return {
    host,
    port: listening.port,
    proxiedPort: proxied.port,
    url: `http://${host}:${listening.port}`,
    configHash: follower.hash,
    waitForConfig: follower.waitFor,
    close: async () => {
      checks.stop();
      await Promise.all([follower.stop(), listening.close(), proxied.close(), callers.close()]);
      agent.destroy();
      await reader.close();
    },
  };
}
