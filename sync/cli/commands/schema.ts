import type { Config } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { pluginName } from '#core/names';
import { schemaLua } from '#plugin/schema/lua';
import type { PluginSchema } from '../../control-planes/backend';
import { backendOf } from '../../control-planes/backends';
import type { PassDependencies } from '../../pass/run-once';
import { openConfig } from '../../pass/session';
import { exitCodes } from '../exit-codes';
import type { Configured, Verb } from './verb';

type SchemaOptions = Omit<Configured, 'config'> & {
  /** The configuration for `upload`; true: its own schema is what is asked for. */
  readonly config?: string | true;
  /** Put it into the control plane. */
  readonly upload?: boolean;
};

/** Prints the plugin's schema in Lua, or the configuration's in JSON, or puts the plugin's into the control plane where it differs. */
export const runSchema: Verb<SchemaOptions> = async ({ config, ...options }, signal) => {
  const { terminal, json, upload } = options;
  if (config === true) return printConfigSchema(options);
  const schema = pluginSchema();
  if (!upload) {
    terminal.out(json ? `${JSON.stringify(schema)}\n` : schema.lua);
    return exitCodes.done;
  }
  const { controlPlane } = openConfig({ ...options, config });
  const { schemas } = backendOf(controlPlane);
  if (!schemas) throw takesNone(controlPlane.type);
  const isUploaded = await schemas.upload(schema, signal);
  const text = isUploaded ? `uploaded the schema of ${pluginName}` : `the schema of ${pluginName} is as it should be`;
  terminal.out(json ? `${JSON.stringify({ name: pluginName, uploaded: isUploaded })}\n` : `${text}\n`);
  return exitCodes.done;
};

async function printConfigSchema({ terminal, json, upload }: SchemaOptions): Promise<number> {
  if (upload) throw whichSchema();
  const { configJsonSchema, configJsonSchemaText } = await import('#config/json-schema');
  terminal.out(json ? `${JSON.stringify(configJsonSchema())}\n` : configJsonSchemaText());
  return exitCodes.done;
}

function whichSchema(): PrivatelinkError {
  return new PrivatelinkError('--config: a control plane takes no schema of the configuration', {
    code: 'CONFIG_INVALID',
    fix: 'name the configuration file after --config, or leave --upload out',
  });
}

/** The plugin's schema, of this version. */
export function pluginSchema(): PluginSchema {
  return { name: pluginName, lua: schemaLua() };
}

function takesNone(type: string): PrivatelinkError {
  return new PrivatelinkError(`schema --upload: a control plane of type ${type} takes no schema`, {
    code: 'CONFIG_INVALID',
    fix: 'install the package on its nodes, which bring it',
  });
}

/** What comes before an entity of the plugin is written; undefined where the control plane takes no schema. */
export function openRelease({ controlPlane }: Config): PassDependencies['prepare'] {
  return backendOf(controlPlane).schemas?.prepare(pluginSchema());
}
