import { z } from 'zod';
import { callersPluginName, pluginName, zonePluginName } from '#core/names';
import { callersPluginConfigSchema } from './callers';
import { pluginConfigSchema } from './schema';
import { zonePluginConfigSchema } from './zone';

/**
 * The rules of JSON Schema for a field. A rule outside this list has no counterpart in Kong's
 * schemas, and is an error at load.
 */
const rulesSchema = z.strictObject({
  description: z.string(),
  type: z.enum(['string', 'number', 'integer']),
  default: z.union([z.string(), z.number()]).optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  pattern: z.string().optional(),
  referenceable: z.boolean().optional(),
});

type Field = {
  readonly name: string;
  readonly isRequired: boolean;
  readonly rules: z.infer<typeof rulesSchema>;
};

const fields = fieldsOf(pluginConfigSchema);

function fieldsOf(schema: z.ZodObject): readonly Field[] {
  const { required = [], properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, rules]) => ({
    name,
    isRequired: required.includes(name),
    rules: rulesOf(name, rules),
  }));
}

function rulesOf(name: string, rules: unknown): Field['rules'] {
  const parsed = rulesSchema.safeParse(rules);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${name} of plugin/schema has a rule whose form for Kong is not in plugin/schema/lua.ts: add it there`,
  );
}

/** The fields in the dump of the stock plugin server: Kong's schema as JSON. */
export function schemaFields(): readonly Readonly<Record<string, object>>[] {
  return fields.map((field) => ({ [field.name]: Object.fromEntries(attributesOf(field)) }));
}

/**
 * The schema in Lua, for Konnect's `plugin-schemas` and the control plane's own file. Always the
 * same bytes.
 */
export function schemaLua(): string {
  return `-- Generated from plugin/schema.ts by \`npm run generate\`; do not edit.
local typedefs = require "kong.db.schema.typedefs"

return {
  name = "${pluginName}",
  fields = {
    { consumer = typedefs.no_consumer },
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
        fields = {
${linesOf(fields)}
        },
      },
    },
  },
}
`;
}

/** The schema of the Lua plugin that chooses a zone's upstream. */
export function zoneSchemaLua(): string {
  return schemaInLua('plugin/schema/zone.ts', zonePluginName, zonePluginConfigSchema);
}

/** The schema of the Lua plugin that judges callers. */
export function callersSchemaLua(): string {
  return schemaInLua('plugin/schema/callers.ts', callersPluginName, callersPluginConfigSchema);
}

/** Loads no module: a plugin that Konnect streams must not load Kong's schemas. */
function schemaInLua(source: string, name: string, schema: z.ZodObject): string {
  return `-- Generated from ${source} by \`npm run generate\`; do not edit.
return {
  name = "${name}",
  fields = {
    { config = {
        type = "record",
        fields = {
${linesOf(fieldsOf(schema))}
        },
      },
    },
  },
}
`;
}

function linesOf(all: readonly Field[]): string {
  const lines = all.map((field) => {
    const attributes = attributesOf(field).map(([name, value]) => `${name} = ${toLua(value)}`);
    return `          { ${field.name} = { ${attributes.join(', ')} } },`;
  });
  return lines.join('\n');
}

type Value = string | number | boolean | readonly (string | number)[];

/** Kong's names for the attributes of a field, in a fixed order. */
function attributesOf({ isRequired, rules }: Field): readonly (readonly [name: string, value: Value])[] {
  const {
    description,
    type,
    default: initial,
    enum: choices,
    minimum,
    maximum,
    minLength,
    pattern,
    referenceable,
  } = rules;
  const all: readonly (readonly [string, Value | undefined])[] = [
    ['description', description],
    ['type', type],
    ['required', isRequired || initial !== undefined],
    ['default', initial],
    ['referenceable', referenceable],
    ['one_of', choices],
    ['between', minimum === undefined || maximum === undefined ? undefined : [minimum, maximum]],
    ['len_min', minLength],
    // Only for expressions that mean the same as a Lua pattern, except for the escaped slash.
    ['match', pattern?.replaceAll('\\/', '/')],
  ];
  return all.flatMap(([attribute, value]) => (value === undefined ? [] : [[attribute, value] as const]));
}

/** JSON's texts and numbers are valid Lua. */
function toLua(value: Value): string {
  return Array.isArray(value) ? `{ ${value.map((one) => JSON.stringify(one)).join(', ')} }` : JSON.stringify(value);
}
