import { pluginsInUse } from '#config/plugins-in-use';
import type { Config } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { callersPluginName, ownPlugins, pluginName, zonePluginName } from '#core/names';
import { callersHandlerLua } from '#plugin/schema/callers';
import { callersSchemaLua, schemaLua, zoneSchemaLua } from '#plugin/schema/lua';
import { zoneHandlerLua } from '#plugin/schema/zone';
import type { PluginSchema } from '../../control-planes/backend';
import { backendOf } from '../../control-planes/backends';
import type { PassDependencies } from '../../pass/plan-once';
import type { Session } from '../../pass/session';
import { exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';

type SchemaOptions = Omit<Configured, 'config'> & {
  /** The configuration for `upload`. True: print the schema of the configuration. */
  readonly config?: string | true;
  /**
   * Name of a plugin of this product. Absent: `privatelink`; for `upload` also all plugins in use.
   */
  readonly plugin?: string;
  /** Upload the schema to the control plane. */
  readonly upload?: boolean;
  /** Name of the only stage to use. */
  readonly stage?: string;
};

/**
 * Prints the schema of a plugin (Lua) or of the configuration (JSON), or uploads plugins where they
 * differ.
 */
export const runSchema: Verb<SchemaOptions> = async ({ config, ...options }, signal) => {
  const { terminal, json, plugin, upload: isUploaded } = options;
  if (config === true) return printConfigSchema(options);
  if (!isUploaded) {
    const schema = schemaOf(plugin ?? pluginName);
    terminal.out(json ? `${JSON.stringify(schema)}\n` : schema.lua);
    return exitCodes.done;
  }
  return perStage({ ...options, config, isReadOnly: true }, signal, {
    doing: 'uploading to',
    of: async (session, own) => upload(session, plugin, own),
  });
};

/**
 * Returns the schemas to upload: the named plugin, else all plugins in use and at least the plugin
 * of the plugin server.
 */
function schemasFor(config: Config, plugin: string | undefined): readonly PluginSchema[] {
  if (plugin !== undefined) return [schemaOf(plugin)];
  const used = pluginsInUse(config);
  return pluginSchemas().filter(({ name }) => name === pluginName || used.has(name));
}

type Uploaded = { readonly name: string; readonly uploaded: boolean };

async function upload(
  { config, stage }: Session,
  plugin: string | undefined,
  signal: AbortSignal,
): Promise<StageResult> {
  const { schemas } = backendOf(config.controlPlane);
  if (!schemas) throw takesNone(config.controlPlane.type);
  const all: Uploaded[] = [];
  for (const schema of schemasFor(config, plugin)) {
    all.push({ name: schema.name, uploaded: await schemas.upload(schema, signal) });
  }
  const [first, ...others] = all;
  return {
    exitCode: exitCodes.done,
    json: () => JSON.stringify({ stage, ...first, ...(others.length > 0 && { others }) }),
    text: () => all.map(lineOf).join(''),
  };
}

function lineOf({ name, uploaded }: Uploaded): string {
  return uploaded ? `uploaded the schema of ${name}\n` : `the schema of ${name} is up to date\n`;
}

async function printConfigSchema({ terminal, json, plugin, upload }: SchemaOptions): Promise<number> {
  if (upload) throw whichSchema();
  if (plugin !== undefined) throw oneSchema();
  const { configJsonSchema, configJsonSchemaText } = await import('#config/printed/json-schema');
  terminal.out(json ? `${JSON.stringify(configJsonSchema())}\n` : configJsonSchemaText());
  return exitCodes.done;
}

function whichSchema(): PrivatelinkError {
  return new PrivatelinkError('--config: a control plane takes no schema of the configuration', {
    code: 'CONFIG_INVALID',
    fix: 'name the configuration file after --config, or leave --upload out',
  });
}

function oneSchema(): PrivatelinkError {
  return new PrivatelinkError(
    '--config without a file prints the schema of the configuration, --plugin that of a plugin',
    {
      code: 'CONFIG_INVALID',
      fix: 'leave one of them out',
    },
  );
}

/** Returns the schemas of this version's plugins. */
export function pluginSchemas(): readonly PluginSchema[] {
  return [
    { name: pluginName, lua: schemaLua() },
    { name: zonePluginName, lua: zoneSchemaLua(), handler: zoneHandlerLua() },
    { name: callersPluginName, lua: callersSchemaLua(), handler: callersHandlerLua() },
  ];
}

/** Returns the schema of a plugin. Throws PrivatelinkError for an unknown name. */
function schemaOf(plugin: string): PluginSchema {
  const schema = pluginSchemas().find(({ name }) => name === plugin);
  if (schema) return schema;
  throw new PrivatelinkError(`--plugin ${plugin}: this product has no plugin of that name`, {
    code: 'CONFIG_INVALID',
    fix: `give one of ${ownPlugins.join(', ')}`,
  });
}

function takesNone(type: string): PrivatelinkError {
  return new PrivatelinkError(`schema --upload: a control plane of type ${type} takes no schema`, {
    code: 'CONFIG_INVALID',
    fix: 'install the package on the nodes: it contains the schema',
  });
}

/**
 * Returns the step before the first write of a plugin entity, or undefined where the control plane
 * takes no schema.
 */
export function openRelease({ controlPlane }: Config): PassDependencies['prepare'] {
  return backendOf(controlPlane).schemas?.prepare(pluginSchemas());
}
