import { YAMLParseError } from 'yaml';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';
import { firstOfEach } from '#core/group-by';
import { fixOf } from '#core/misfits/fixes';
import type { Json, JsonObject } from '#core/model';
import { readYaml } from '../yaml/read';
import { plainly, type Yaml, type YamlMapping } from '../yaml/values';

const text = z.string().min(1);
const json: z.ZodType<Json> = z.json();
const reference = z.union([text, z.looseObject({ name: text }), z.looseObject({ id: text })], {
  error: 'write the name of what is meant',
});

/**
 * Checks the fields that identify entities and link them. decK judges the rest, which is carried
 * along as written.
 */
const shape = z
  .object({
    name: text.optional(),
    id: text.optional(),
    tags: z.array(text).optional(),
    target: text.optional(),
    username: text.optional(),
    custom_id: text.optional(),
    prefix: text.optional(),
    instance_name: text.optional(),
    service: reference.optional(),
    route: reference.optional(),
    consumer: reference.optional(),
    consumer_group: reference.optional(),
    get routes() {
      return entities.optional();
    },
    get plugins() {
      return entities.optional();
    },
    get targets() {
      return entities.optional();
    },
  })
  .catchall(json);
// The output is JSON: optional fields are absent, never undefined.
const entities: z.ZodType<readonly JsonObject[]> = z.lazy(() => z.array(shape as unknown as z.ZodType<JsonObject>));

/**
 * decK's lists of entities with tags. Without tags, decK could not tell them from entities of
 * others.
 */
const lists = {
  services: entities.optional(),
  routes: entities.optional(),
  upstreams: entities.optional(),
  plugins: entities.optional(),
  consumers: entities.optional(),
  consumer_groups: entities.optional(),
  filter_chains: entities.optional(),
  certificates: entities.optional(),
  ca_certificates: entities.optional(),
  vaults: entities.optional(),
  keys: entities.optional(),
  key_sets: entities.optional(),
  partials: entities.optional(),
  cloned_plugins: entities.optional(),
  custom_plugins: entities.optional(),
  ai_models: entities.optional(),
};

/**
 * A changed version number in an old file would turn its regular expressions into plain paths
 * (fm-59).
 */
const convert = 'deck file convert --from kong-gateway-2.x --to kong-gateway-3.x';
const formatVersion = z.unknown().superRefine((version, { addIssue }) => {
  // decK alone knows the result of a template.
  if (version === '3.0' || (typeof version === 'string' && version.includes('${{'))) return;
  if (version === 3) addIssue('write _format_version: "3.0", with the quotes');
  else if (version === undefined)
    addIssue(`write _format_version: "3.0"; a file for Kong Gateway 2.x needs ${convert}`);
  else addIssue(`is none of Kong Gateway 3.x: run ${convert}`);
});

const file = z.strictObject({
  _format_version: formatVersion,
  _transform: z.literal(true, { error: 'decK takes no other value than true: remove it' }).optional(),
  _plugin_configs: z.record(text, z.record(text, json)).optional(),
  ...lists,
});

type ListName = keyof typeof lists;
/** In the order of writing. */
export const listNames = Object.keys(lists) as readonly ListName[];

/** One base file, checked on its own. */
export type BaseFile = {
  readonly path: string;
  /** The same content in its form for writing. */
  readonly written: YamlMapping;
} & Omit<z.infer<typeof file>, '_format_version' | '_transform'>;

const untagged =
  'carries no tags, so decK cannot tell its owner: write it to a separate file for decK, and remove it here';

/** Keys that decK accepts but a base file may not have, with the fix. */
const notHere: ReadonlyMap<string, string> = new Map([
  ...['custom_entities', 'licenses', 'rbac_roles', 'service_packages'].map((list) => [list, untagged] as const),
  ['_info', 'would count for what is generated too: write tags and fields into each entity, and remove it'],
  ['_konnect', 'is said by controlPlane in the configuration: remove it'],
  ['_workspace', 'is said by controlPlane in the configuration: remove it'],
]);

/**
 * Parses a decK file (YAML or JSON) that people wrote. Throws PrivatelinkError (CONFIG_INVALID) for
 * content that decK or a merge would refuse.
 */
export function parseBaseFile(content: string, path: string): BaseFile {
  const written = parseYaml(content, path);
  const result = file.safeParse(plainly(written), { error: fixOf });
  if (!result.success) {
    const problems = result.error.issues.flatMap(baseProblemsOf);
    // Further problems of a place usually follow from the first one.
    throw invalidBase(
      path,
      firstOfEach(problems, ({ at }) => at),
    );
  }
  const { _format_version: _, _transform: __, ...rest } = result.data;
  return { path, written: written as YamlMapping, ...rest };
}

export type BaseProblem = {
  /** The part of the file. */
  readonly at?: string;
  readonly message: string;
  readonly fix: string;
};

/** The error for all problems of base files: one line for each, with its fix. */
export function invalidBase(path: string, problems: readonly BaseProblem[]): PrivatelinkError {
  const lines = problems.map(({ message }) => `\n  ${message}`);
  return new PrivatelinkError(`base file ${path} cannot be used:${lines.join('')}`, {
    code: 'CONFIG_INVALID',
    fix: undefined,
    problems: problems.map(({ at, ...one }) => ({ file: path, ...(at && { path: at }), ...one })),
  });
}

function parseYaml(content: string, path: string): Yaml {
  try {
    return readYaml(content);
  } catch (thrown) {
    // The rest of the message quotes the file, which may hold secrets.
    const [said] = messageOf(thrown).split(/[:\n]/);
    const isYaml = thrown instanceof YAMLParseError;
    const fix = isYaml ? yamlFixOf(thrown) : 'correct it there';
    throw invalidBase(path, [{ message: isYaml ? `${said}: ${fix}` : messageOf(thrown), fix }]);
  }
}

/** decK accepts lines between quotes that begin further left than YAML allows. */
function yamlFixOf({ message }: YAMLParseError): string {
  const isInQuotes = /^Missing closing .quote/.test(message);
  return isInQuotes ? 'close the quotes, and indent the lines between them' : 'correct the YAML there';
}

function baseProblemsOf({ path, message, ...issue }: z.core.$ZodIssue): readonly BaseProblem[] {
  const at = path.join('.');
  if (issue.code !== 'unrecognized_keys') return [{ at, message: `${at || 'the file'}: ${message}`, fix: message }];
  return issue.keys.map((key) => {
    const others = Object.keys(file.shape).join(', ');
    const fix = notHere.get(key) ?? `is none of ${others}: correct its spelling or remove it`;
    return { at: key, message: `${key} ${fix}`, fix };
  });
}
