import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { isZoneName, zoneNameFix } from '#core/zones';
import { pluginVersion } from '../schema/schema';

export type ServerOptions = {
  readonly kongPrefix: string;
  readonly sockName: string;
  readonly sockForAll?: true;
  /** Absolute path of a folder of compiled plugins. */
  readonly pluginsDirectory: string;
  readonly dumpAllPlugins?: true;
  readonly dumpPluginInfo?: string;
  readonly config?: string;
  readonly zoneId?: string;
  readonly metrics?: string;
};

/** The stock server accepts these with one dash too. */
const oneDash = new Set(['-kong-prefix', '-plugins-directory', '-dump-plugin-info', '-dump-all-plugins']);

/**
 * The command line of kong-js-pluginserver, and our options. `-d` is optional here. Throws
 * commander's error when it cannot be used.
 */
export function parseOptions(argv: readonly string[]): ServerOptions {
  const command = new Command('kong-privatelink-pluginserver')
    .description('Runs the privatelink plugin beside Kong: ProtoBuf:1 on a unix socket.')
    .version(pluginVersion, '--version')
    .option('-p, --kong-prefix <prefix>', 'folder of the socket', '/usr/local/kong')
    .option('--sock-name <name>', 'name of the socket', 'js_pluginserver.sock')
    .option('--sock-for-all', "let all users connect who reach the socket's folder: for Kong in another container")
    .option('-d, --plugins-directory <dir>', 'folder of compiled plugins', join(__dirname, '../entries'))
    .option('--dump-plugin-info <name>', 'print what Kong must know of one plugin, and exit')
    .option('--dump-all-plugins', 'print what Kong must know of all plugins, and exit')
    .option('-v, --verbose', 'as the stock server takes it; what happens is logged in any case')
    .option('-c, --config <file>', 'configuration of discovery; in place of KONG_PRIVATELINK_CONFIG')
    .option('--zone-id <id>', 'own zone, as use1-az1; in place of KONG_PRIVATELINK_ZONE_ID', parseZoneId)
    .option('--metrics <address>', 'serve Prometheus metrics: 127.0.0.1:PORT or unix:/path')
    .exitOverride();
  command.parse(
    argv.map((argument) => (oneDash.has(argument) ? `-${argument}` : argument)),
    { from: 'user' },
  );
  const options = command.opts<ServerOptions>();
  return { ...options, pluginsDirectory: resolve(options.pluginsDirectory) };
}

function parseZoneId(text: string): string {
  if (isZoneName(text)) throw new InvalidArgumentError(zoneNameFix);
  return text;
}

/** Whether only a dump is requested. */
export function isDump({ dumpAllPlugins, dumpPluginInfo }: ServerOptions): boolean {
  return dumpAllPlugins === true || dumpPluginInfo !== undefined;
}

/** The path of the socket. */
export function socketPathOf({ kongPrefix, sockName }: ServerOptions): string {
  return join(kongPrefix, sockName);
}

/** Options in place of variables: nginx strips the environment of plugin servers. */
export function environmentOf({ config, zoneId }: ServerOptions): Readonly<Record<string, string>> {
  return {
    ...(config === undefined ? {} : { KONG_PRIVATELINK_CONFIG: resolve(config) }),
    ...(zoneId === undefined ? {} : { KONG_PRIVATELINK_ZONE_ID: zoneId }),
  };
}
