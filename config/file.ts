import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { YAMLParseError } from 'yaml';
import { z } from 'zod';
import { isProblem, messageOf, PrivatelinkError } from '#core/errors';
import { parseYamlDocument } from '#core/yaml/parse';
import { fixOf } from './problems';
import { type Config, configSchema } from './schema';

export type LoadOptions = {
  /** Path of `-c`. */
  readonly path?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

const defaultPath = 'kong-privatelink.yaml';
const neededKeys = 'owner, sources and, unless it is for a data plane, controlPlane';

/**
 * Reads the configuration: `-c FILE`, else `$KONG_PRIVATELINK_CONFIG`, else `./kong-privatelink.yaml`; relative paths inside
 * count from the file's folder. Throws PrivatelinkError (CONFIG_MISSING, CONFIG_INVALID) that names each field and its fix.
 */
export function loadConfig(options: LoadOptions): Config {
  const { file, raw } = readFile(options);
  const config = parse(configSchema, expand(raw, { env: options.env, file, path: [] }), file);
  return freeze(withAbsolutePaths(config, dirname(file)));
}

/** What discovery on a data plane takes from the same file. */
export type DataPlaneConfig = Pick<Config, 'discovery' | 'owner' | 'sources' | 'watch'> & {
  /** Only where the file names it: what a data plane's user may write is not known. */
  readonly stateDir?: string;
};

/** Reads the same file on a data plane, which needs no token of the control plane: `${NAME}` counts in `owner` and `sources` only. */
export function loadDataPlaneConfig(options: LoadOptions): DataPlaneConfig {
  const { file, raw } = readFile(options);
  const place = { env: options.env, file, path: [] };
  const { controlPlane: _, publish: __, ...rest } = parse(z.looseObject({}), raw, file);
  const used = expand({ owner: rest.owner, sources: rest.sources }, place);
  const merged = { ...rest, ...parse(z.looseObject({}), used, file) };
  const config = parse(configSchema.omit({ controlPlane: true, publish: true }), merged, file);
  const stateDir = rest.stateDir === undefined ? undefined : resolve(dirname(file), config.stateDir);
  return freeze({ ...config, stateDir, sources: withAbsoluteSources(config.sources, dirname(file)) });
}

/** The absolute path of the configuration file; it need not exist. */
export function configPath({ path, env }: LoadOptions): string {
  return resolve(path ?? env.KONG_PRIVATELINK_CONFIG ?? defaultPath);
}

function readFile(options: LoadOptions): { readonly file: string; readonly raw: unknown } {
  const file = configPath(options);
  return { file, raw: parseYaml(readText(file), file) };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value, { error: fixOf });
  if (parsed.success) return parsed.data;
  throw invalid(file, parsed.error.issues.flatMap(messagesOf));
}

function readText(file: string): string {
  if (!existsSync(file)) {
    const fix = `name one with -c FILE or KONG_PRIVATELINK_CONFIG, or write it; it needs ${neededKeys} (README, "Against real AWS and Konnect"; every key: docs/reference/configuration.md)`;
    throw new PrivatelinkError(`no configuration file at ${file}`, { code: 'CONFIG_MISSING', fix });
  }
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const fix = 'make it a file that this user may read';
    throw new PrivatelinkError(`cannot read ${file}`, { code: 'CONFIG_INVALID', fix, cause });
  }
}

/** Each line says a field and what to write there. */
function invalid(file: string, lines: readonly string[]): PrivatelinkError {
  const reason = `${file} is not valid:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  return new PrivatelinkError(reason, { code: 'CONFIG_INVALID', fix: undefined });
}

function parseYaml(text: string, file: string): unknown {
  const document = parseYamlDocument(text);
  if (isProblem(document)) throw invalid(file, [`the file: ${document.reason}: ${document.fix}`]);
  const [first] = document.errors;
  if (first) throw invalid(file, [`line ${first.linePos?.[0].line ?? '?'}: ${describeError(first)}`]);
  try {
    // Plain values only, and an end to them: a YAML alias may stand inside its own anchor.
    return JSON.parse(JSON.stringify(document.toJS()));
  } catch (thrown) {
    throw invalid(file, [describeAlias(thrown)]);
  }
}

function describeError({ code, message }: YAMLParseError): string {
  if (code === 'MULTIPLE_DOCS') return 'another document begins: take out --- and what follows';
  return `${withoutExcerpt(message)}: correct the YAML there`;
}

/** The parser throws one kind of error for an anchor that is missing, another for aliases that multiply; JSON one for a circle. */
function describeAlias(thrown: unknown): string {
  if (thrown instanceof TypeError) return 'an alias (*name) stands within its own anchor (&name): write it out';
  if (messageOf(thrown).includes('Excessive alias count'))
    return 'aliases (*name) multiply what there is: write it out';
  return 'an alias (*name) needs an anchor (&name) before it: quote a text that starts with *';
}

/** YAML's message without its place, which is told apart, and without the text that it quotes, which may be a secret. */
function withoutExcerpt(message: string): string {
  return message.replace(/(: "| at line \d).*$/s, '');
}

type Place = { readonly env: LoadOptions['env']; readonly file: string; readonly path: readonly (string | number)[] };

/** Replaces `${NAME}` in every text value by the environment's. */
function expand(value: unknown, place: Place): unknown {
  const child = (key: string | number, one: unknown) => expand(one, { ...place, path: [...place.path, key] });
  if (typeof value === 'string') return expandText(value, place);
  if (Array.isArray(value)) return value.map((one, index) => child(index, one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, child(key, one)]));
}

function expandText(text: string, { env, file, path }: Place): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw invalid(file, [
      `${formatPath(path)}: environment variable ${name} is not set: export ${name}, or write the value another way`,
    ]);
  });
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text ? `${text}.${String(key)}` : String(key);
  }, '');
}

/** One line for each problem; a value is never printed, it may be a secret. */
function messagesOf(issue: z.core.$ZodIssue): readonly string[] {
  const at = formatPath(issue.path);
  if (!at && issue.code === 'invalid_type') return [`the file: write a mapping with ${neededKeys}`];
  if (issue.code === 'unrecognized_keys') {
    const fixes = issue.message.split('\n');
    return issue.keys.map((key, index) => `${formatPath([...issue.path, key])}: ${fixes[index]}`);
  }
  const [key] = issue.code === 'invalid_key' ? issue.issues : [];
  return [`${at || 'the file'}: ${(key ?? issue).message}`];
}

function withAbsolutePaths({ sources, controlPlane, watch, ...config }: Config, folder: string): Config {
  const absolute = (path: string) => resolve(folder, path);
  return {
    ...config,
    sources: withAbsoluteSources(sources, folder),
    controlPlane: withAbsolutePath(controlPlane, absolute),
    watch: watch.tls ? { ...watch, tls: { cert: absolute(watch.tls.cert), key: absolute(watch.tls.key) } } : watch,
    stateDir: absolute(config.stateDir),
    deck: { base: config.deck.base.map(absolute) },
  };
}

/** Whatever its type, `path` and the files of `tls` name files, and `binary` does unless it is a bare name, which is looked for on PATH. */
function withAbsolutePath(controlPlane: Config['controlPlane'], absolute: (path: string) => string) {
  const { path, binary, tls } = controlPlane as { path?: string; binary?: string; tls?: Record<string, string> };
  const files = ['ca', 'cert', 'key'].flatMap((name) => (tls?.[name] ? [[name, absolute(tls[name])] as const] : []));
  return {
    ...controlPlane,
    ...(path === undefined ? {} : { path: absolute(path) }),
    ...(binary?.includes('/') ? { binary: absolute(binary) } : {}),
    ...(tls ? { tls: { ...tls, ...Object.fromEntries(files) } } : {}),
  };
}

/** Whatever its type, `file` of a source names one. */
function withAbsoluteSources(sources: Config['sources'], folder: string): Config['sources'] {
  return sources.map((one) => {
    const { file } = one as { readonly file?: string };
    return file === undefined ? one : { ...one, file: resolve(folder, file) };
  });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
