import { type Field, fields, pluginName } from './schema';

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
function attributesOf(field: Field): readonly (readonly [name: string, value: Value])[] {
  const all: readonly (readonly [string, Value | undefined])[] = [
    ['description', field.description],
    ['type', field.type],
    ['required', field.required],
    ['default', field.default],
    ['one_of', field.oneOf],
    ['between', field.between],
    ['len_min', field.lenMin],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
}

/** JSON's texts and numbers are Lua's too. */
function toLua(value: Value): string {
  return Array.isArray(value) ? `{ ${value.map((one) => JSON.stringify(one)).join(', ')} }` : JSON.stringify(value);
}
