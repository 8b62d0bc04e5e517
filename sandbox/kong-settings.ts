import { dirname, join } from 'node:path';
import { ownPlugins } from '#core/names';
import { type PluginServerProgram, startCommand } from './plugin-server/server';

export type KongSettings = {
  readonly program: PluginServerProgram;
  /** Kong's working folder, which it may create. */
  readonly prefix: string;
  /** Unique to this process: its name identifies our plugin server. */
  readonly socketName: string;
  readonly ports: KongPorts;
  /** The plugin server's configuration, named by flags or by variables of its start command. */
  readonly configPath: string;
  readonly zoneId: string;
  /** Paths of the compiled package, its dependencies, and Node, as Kong sees them. */
  readonly installation: Installation;
  /** File descriptors that the plugin server may have; absent: as many as Kong. */
  readonly descriptors?: number;
};

/** `proxied`: for load balancers that speak PROXY protocol; absent: there is no such port. */
export type KongPorts = { readonly proxy: number; readonly admin: number; readonly proxied?: number };

export type Installation = { readonly root: string; readonly node: string };

/** This checkout, run by this Node; the same whether this runs from source or compiled. */
export const ownInstallation: Installation = {
  root: join(__dirname, __filename.endsWith('.ts') ? '..' : '../..'),
  node: process.execPath,
};

/** Variables of this process that nginx must hand on to plugin servers: it strips all others. */
const handedOn = ['AWS_SHARED_CREDENTIALS_FILE'];

/**
 * Kong's configuration as variables: DB-less, on loopback, with the plugin under the given server,
 * and the Lua plugins.
 */
export function kongVariables(settings: KongSettings): Readonly<Record<string, string>> {
  const { prefix, socketName, ports } = settings;
  const command = pluginServerCommand(settings);
  return {
    KONG_DATABASE: 'off',
    KONG_PREFIX: prefix,
    KONG_PROXY_LISTEN: proxyListen(ports),
    KONG_ADMIN_LISTEN: `127.0.0.1:${ports.admin}`,
    ...{ KONG_STATUS_LISTEN: 'off', KONG_ADMIN_GUI_LISTEN: 'off', KONG_ANONYMOUS_REPORTS: 'off' },
    // The plugin server writes to Kong's log, at this level.
    KONG_LOG_LEVEL: 'info',
    KONG_NGINX_WORKER_PROCESSES: '1',
    KONG_NGINX_MAIN_ENV: handedOn.join(';env '),
    KONG_PLUGINS: ['bundled', ...ownPlugins].join(','),
    KONG_LUA_PACKAGE_PATH: `${join(settings.installation.root, 'plugin/lua')}/?.lua;;`,
    KONG_PLUGINSERVER_NAMES: 'js',
    KONG_PLUGINSERVER_JS_SOCKET: join(prefix, socketName),
    KONG_PLUGINSERVER_JS_START_CMD: command,
    KONG_PLUGINSERVER_JS_QUERY_CMD: `${command} --dump-all-plugins`,
  };
}

function proxyListen({ proxy, proxied }: KongPorts): string {
  return [`127.0.0.1:${proxy}`, ...(proxied === undefined ? [] : [`127.0.0.1:${proxied} proxy_protocol`])].join(', ');
}

function pluginServerCommand(settings: KongSettings): string {
  const { program, prefix, socketName, configPath, zoneId, installation, descriptors } = settings;
  const limit = descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors}; exec "$0" "$@"`];
  const words = startCommand({
    program,
    entriesDir: join(ownInstallation.root, 'dist/plugin/entries'),
    socketPath: join(prefix, socketName),
    env: { KONG_PRIVATELINK_CONFIG: configPath, KONG_PRIVATELINK_ZONE_ID: zoneId },
  });
  return [...limit, ...words].map((word) => quote(relocate(word, installation))).join(' ');
}

function relocate(word: string, { root, node }: Installation): string {
  if (word === ownInstallation.node) return node;
  return word.startsWith(ownInstallation.root) ? `${root}${word.slice(ownInstallation.root.length)}` : word;
}

/** Kong hands the command to a shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The file of the process that serves requests, by which it is found. */
const servingFiles: Readonly<Record<PluginServerProgram, string>> = {
  'kong-js-pluginserver': 'kong-js-pluginserver',
  'kong-privatelink-pluginserver': 'serving/main.js',
};

/**
 * Returns a script for `sh` that kills or stops the serving process on this socket, and nothing
 * else. The brackets keep the pattern from finding the script.
 */
export function killScript(program: PluginServerProgram, socketName: string, signal: 'KILL' | 'STOP' = 'KILL'): string {
  const find = (text: string) => `xargs grep -lza -e '[${text[0]}]${text.slice(1)}' 2>/dev/null`;
  const files = `ls -d /proc/[0-9]*/cmdline | ${find(socketName)} | ${find(servingFiles[program])}`;
  return `for file in $(${files}); do kill -${signal} "$(basename "$(dirname "$file")")"; done`;
}

/** Kong's error log below its prefix. */
export function errorLogOf(prefix: string): string {
  return join(prefix, 'logs/error.log');
}

/** An empty file here keeps Kong from reading the system's own. */
export function emptyConfOf(prefix: string): string {
  return join(dirname(prefix), 'kong.conf');
}
