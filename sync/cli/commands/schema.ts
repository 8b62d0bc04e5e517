import type { Config } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import { pluginName } from '#core/names';
import { schemaLua } from '#plugin/schema/lua';
import type { PluginSchema } from '../../control-planes/backend';
import { backendOf } from '../../control-planes/backends';
import type { PassDependencies } from '../../pass/plan-once';
import type { Session } from '../../pass/session';
import { exitCodes } from '../exit-codes';
import { perStage, type StageResult } from '../per-stage';
import type { Configured, Verb } from '../verb';

type SchemaOptions = Omit<Configured, 'config'> & {
  /** The configuration for `upload`; true: its own schema is what is asked for. */
  readonly config?: string | true;
  /** Put it into the control plane. */
  readonly upload?: boolean;
  /** The one of several control planes. */
  readonly stage?: string;
};

/** Prints the plugin's schema in Lua, or the configuration's in JSON, or puts the plugin's into the control plane where it differs. */
export const runSchema: Verb<SchemaOptions> = async ({ config, ...options }, signal) => {
  const { terminal, json, upload: isUploaded } = options;
  if (config === true) return printConfigSchema(options);
  const schema = pluginSchema();
  if (!isUploaded) {
    terminal.out(json ? `${JSON.stringify(schema)}\n` : schema.lua);
    return exitCodes.done;
  }
  return perStage({ ...options, config, isReadOnly: true }, signal, {
    doing: 'uploading to',
    of: async (session, own) => upload(session, schema, own),
  });
};

async function upload({ config, stage }: Session, schema: PluginSchema, signal: AbortSignal): Promise<StageResult> {
  const { schemas } = backendOf(config.controlPlane);
  if (!schemas) throw takesNone(config.controlPlane.type);
  const uploaded = await schemas.upload(schema, signal);
  const text = uploaded ? `uploaded the schema of ${pluginName}` : `the schema of ${pluginName} is as it should be`;
  return {
    exitCode: exitCodes.done,
    json: () => JSON.stringify({ stage, name: pluginName, uploaded }),
    text: () => `${text}\n`,
  };
}

async function printConfigSchema({ terminal, json, upload }: SchemaOptions): Promise<number> {
  if (upload) throw whichSchema();
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
