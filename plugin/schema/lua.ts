import { z } from 'zod';
import { pluginName } from '#core/names';
import { pluginConfigSchema } from './schema';

/** What JSON Schema says of a field; a rule that is not here has no counterpart in Kong's schemas yet, and is an error at load. */
const rulesSchema = z.strictObject({
  description: z.string(),
  type: z.enum(['string', 'number', 'integer']),
  default: z.union([z.string(), z.number()]).optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minLength: z.number().optional(),
  pattern: z.string().optional(),
});

type Field = { readonly name: string; readonly rules: z.infer<typeof rulesSchema> };

const jsonSchema = z.toJSONSchema(pluginConfigSchema, { io: 'input' });
const required: ReadonlySet<string> = new Set(jsonSchema.required);
const fields: readonly Field[] = Object.entries(jsonSchema.properties ?? {}).map(([name, rules]) => ({
  name,
  rules: rulesOf(name, rules),
}));

function rulesOf(name: string, rules: unknown): Field['rules'] {
  const parsed = rulesSchema.safeParse(rules);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${name} of plugin/schema/schema.ts has a rule whose form for Kong is not in plugin/schema/lua.ts: add it there`,
  );
}

/** The fields as the stock plugin server dumps them: Kong's schema as JSON. */
export function schemaFields(): readonly Readonly<Record<string, object>>[] {
  return fields.map((field) => ({ [field.name]: Object.fromEntries(attributesOf(field)) }));
}

/** The schema in Lua, for `plugin-schemas` of Konnect and the control plane's own file; the same bytes every time. */
export function schemaLua(): string {
  const lines = fields.map((field) => {
    const attributes = attributesOf(field).map(([name, value]) => `${name} = ${toLua(value)}`);
    return `          { ${field.name} = { ${attributes.join(', ')} } },`;
  });
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
${lines.join('\n')}
        },
      },
    },
  },
}
`;
}

type Value = string | number | boolean | readonly (string | number)[];

/** Kong's own names for the attributes of a field, in a fixed order. */
function attributesOf({ name, rules }: Field): readonly (readonly [name: string, value: Value])[] {
  const { description, type, default: initial, enum: choices, minimum, maximum, minLength, pattern } = rules;
  const all: readonly (readonly [string, Value | undefined])[] = [
    ['description', description],
    ['type', type],
    ['required', required.has(name) || initial !== undefined],
    ['default', initial],
    ['one_of', choices],
    ['between', minimum === undefined || maximum === undefined ? undefined : [minimum, maximum]],
    ['len_min', minLength],
    // Only for expressions that mean the same as a pattern of Lua, but for the slash.
    ['match', pattern?.replaceAll('\\/', '/')],
  ];
  return all.flatMap(([attribute, value]) => (value === undefined ? [] : [[attribute, value] as const]));
}

/** JSON's texts and numbers are Lua's too. */
function toLua(value: Value): string {
  return Array.isArray(value) ? `{ ${value.map((one) => JSON.stringify(one)).join(', ')} }` : JSON.stringify(value);
}
