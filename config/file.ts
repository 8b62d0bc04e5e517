import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import { isJsonObject } from '#core/json';
import type { Json } from '#core/model';
import { withAbsolutePaths, withAbsoluteSources } from './reading/absolute-paths';
import { includedSchema, withIncluded } from './reading/include';
import { type ConfigFile, invalidConfig, type KeyPath, neededKeys } from './reading/mistakes';
import { checkFilled, type Env, type Filling, valueAt } from './reading/variables';
import { type ConfigText, readConfigText } from './reading/yaml';
import { type Config, configSchema } from './schema';
import { fileSchema, type StagedConfig, stagedOf } from './stages';

export type LoadOptions = {
  /** Path of `-c`. */
  readonly path?: string;
  readonly env: Env;
  /** Reads the text of a file. Default: read it as a file, or once from a pipe. */
  readonly read?: (path: string) => string;
  /** The first file of `include` may be missing, because the command will write it. */
  readonly isFirstIncludeNew?: boolean;
};

const defaultPath = 'kong-privatelink.yaml';

/**
 * Reads the configuration: `-c FILE`, else `$KONG_PRIVATELINK_CONFIG`, else
 * `./kong-privatelink.yaml`; relative paths inside count from the file's folder. Throws
 * PrivatelinkError (CONFIG_MISSING, CONFIG_INVALID) with everything that is wrong, where it is, and
 * its fix.
 */
export function loadConfig(options: LoadOptions): StagedConfig {
  const source = readSource(options);
  const filling = { env: options.env, isNeeded: () => true };
  const config = withAbsolutePaths(stagedOf(check(fileSchema, source, filling)), dirname(source.file));
  const included = thereOf(config.include, options).map((file) => {
    return { file, ...check(includedSchema, readIncluded(file, source, options), filling) };
  });
  return freeze(withIncluded({ file: source.file, ...config }, included));
}

function thereOf(include: readonly string[], { isFirstIncludeNew }: LoadOptions): readonly string[] {
  return include.filter((file, index) => !isFirstIncludeNew || index > 0 || existsSync(file));
}

/** A file of the configuration, with its `protect` entries. */
export type ProtectingFile = { readonly file: string; readonly protect: readonly string[] };

/** The main file and its included files, each with its `protect` entries; paths are absolute. */
export type ProtectingFiles = { readonly main: ProtectingFile; readonly included: readonly ProtectingFile[] };

const protectingSchema = configSchema.pick({ include: true, protect: true }).loose();

/**
 * Reads the protected entries of the configuration, with their files. Variables must be set only in
 * `include` and `protect`. The first included file may be missing; it then lists nothing. Throws
 * PrivatelinkError (CONFIG_MISSING, CONFIG_INVALID).
 */
export function loadProtecting(options: LoadOptions): ProtectingFiles {
  const source = readSource(options);
  const isNeeded = ([first]: KeyPath) => first === 'include' || first === 'protect';
  const filling = { env: options.env, isNeeded };
  const { include, protect } = check(protectingSchema, source, filling);
  const files = include.map((file) => resolve(dirname(source.file), file));
  const isThere = new Set(thereOf(files, { ...options, isFirstIncludeNew: true }));
  const protectIn = (file: string) => check(protectingSchema, readIncluded(file, source, options), filling).protect;
  return {
    main: { file: source.file, protect },
    included: files.map((file) => ({ file, protect: isThere.has(file) ? protectIn(file) : [] })),
  };
}

/** The part of the file that discovery on a data plane uses. */
export type DataPlaneConfig = Pick<Config, 'discovery' | 'owner' | 'resolver' | 'sources' | 'watch'> & {
  /**
   * Only where the file names it: the product does not know which folder the data plane's user may
   * write.
   */
  readonly stateDir?: string;
};

const dataPlaneSchema = configSchema.omit({ contracts: true, controlPlane: true, publish: true, rollout: true });

/**
 * Reads the file on a data plane. It needs no token of the control plane: only variables in `owner`
 * and `sources` must be set.
 */
export function loadDataPlaneConfig(options: LoadOptions): DataPlaneConfig {
  const others = ['contracts', 'controlPlane', 'controlPlanes', 'publish', 'rollout'];
  const { config, isStateGiven } = loadPart(dataPlaneSchema, { ...options, others, needed: ['owner', 'sources'] });
  return freeze({ ...config, stateDir: isStateGiven ? config.stateDir : undefined });
}

/** The part with the services whose connections are read. */
export type CallersConfig = Omit<DataPlaneConfig, 'stateDir'> & Pick<Config, 'contracts' | 'stateDir'>;

const callersSchema = configSchema.omit({ controlPlane: true, publish: true, rollout: true });

/**
 * Reads the part of the file that reading connections needs. It needs no token of the control
 * plane; variables in `contracts` must be set too.
 */
export function loadCallersConfig(options: LoadOptions): CallersConfig {
  const others = ['controlPlane', 'controlPlanes', 'publish', 'rollout'];
  return freeze(loadPart(callersSchema, { ...options, others, needed: ['owner', 'sources', 'contracts'] }).config);
}

type PartOptions = LoadOptions & {
  /** Keys that the schema does not have. */
  readonly others: readonly string[];
  /** Keys in which variables must be set. */
  readonly needed: readonly string[];
};

type Placed = Pick<Config, 'sources' | 'stateDir'>;

function loadPart<T extends Placed>(schema: z.ZodType<T>, { others, needed, ...options }: PartOptions) {
  const source = readSource(options);
  const { text, file } = source;
  const value = without(text.value, others);
  const isNeeded = ([first]: KeyPath) => needed.includes(String(first));
  const config = check(schema, { ...source, text: { ...text, value } }, { env: options.env, isNeeded });
  const isStateGiven = valueAt(value, ['stateDir']) !== undefined && !config.stateDir.includes('${');
  const stateDir = resolve(dirname(file), config.stateDir);
  const sources = withAbsoluteSources(config.sources, dirname(file));
  return { config: { ...config, stateDir, sources }, isStateGiven };
}

function without(value: Json, keys: readonly string[]): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

/** Returns the absolute path of the configuration file; the file need not exist. */
export function configPath({ path, env }: LoadOptions): string {
  return resolve(path ?? env.KONG_PRIVATELINK_CONFIG ?? defaultPath);
}

function originOf({ path, env }: LoadOptions): string {
  if (path !== undefined) return 'named by -c';
  return env.KONG_PRIVATELINK_CONFIG === undefined ? 'the default' : 'named by $KONG_PRIVATELINK_CONFIG';
}

type Source = ConfigFile & { readonly text: ConfigText };

function readSource(options: LoadOptions): Source {
  return readNamed({ file: configPath(options), origin: originOf(options) }, options.read);
}

/** Its `protect` and `adopted` entries must not get lost without a message. */
const includedFix = 'bring it back, or take it out of include; protect and adopt --apply make the first one';

/** An empty file adds nothing. */
function readIncluded(file: string, { file: main }: ConfigFile, { read }: LoadOptions): Source {
  const source = readNamed({ file, origin: `named by include in ${main}` }, read, includedFix);
  return source.text.value === null ? { ...source, text: { ...source.text, value: {} } } : source;
}

function readNamed(file: ConfigFile, read: LoadOptions['read'], missingFix?: string): Source {
  const text = readConfigText(readText(file, { read, missingFix }));
  if (!('value' in text)) throw invalidConfig(file, text);
  return { ...file, text };
}

function check<T>(schema: z.ZodType<T>, source: Source, filling: Filling): T {
  const { text } = source;
  const { data, mistakes } = checkFilled(schema, text.value, filling);
  const all = [...text.mistakes, ...mistakes];
  if (data !== undefined && all.length === 0) return data;
  throw invalidConfig(source, all, { ...text, valueAt: (path) => valueAt(text.value, path) });
}

const configFix = `name one with -c FILE or KONG_PRIVATELINK_CONFIG, or write it; it needs ${neededKeys} (README, "Against real AWS and Konnect"; every key: docs/reference/configuration.md)`;

type Reading = Pick<LoadOptions, 'read'> & { readonly missingFix?: string };

function readText({ file, origin }: ConfigFile, { read = readWhole, missingFix: fix = configFix }: Reading): string {
  if (!existsSync(file)) {
    throw new PrivatelinkError(`no configuration file at ${file} (${origin})`, { code: 'CONFIG_MISSING', fix });
  }
  try {
    return read(file);
  } catch (cause) {
    const fix = 'make it a file that this user may read';
    throw new PrivatelinkError(`cannot read ${file} (${origin})`, { code: 'CONFIG_INVALID', fix, cause });
  }
}

function readWhole(path: string): string {
  return readFileSync(path, 'utf8');
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
