import { z } from 'zod';
import { fileSchema } from '../stages';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The first: a text with a variable in it. The second: a text that is one variable. */
const withVariable = { type: 'string', pattern: '\\$\\{[A-Za-z_]\\w*\\}' } as const;
const variable = { type: 'string', pattern: '^\\$\\{[A-Za-z_]\\w*\\}$' } as const;

/** The text that `schema --config` prints and docs/reference holds. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

/**
 * JSON Schema of the configuration, for editors. A variable may stand in place of its value. The
 * schema does not check fields against each other: a data plane's file has no control plane.
 */
export function configJsonSchema(): object {
  const {
    $schema,
    $defs = {},
    ...whole
  } = z.toJSONSchema(fileSchema, {
    io: 'input',
    override: ({ jsonSchema }) => allowVariable(jsonSchema),
  });
  const schema = {
    $schema,
    title: 'kong-privatelink.yaml',
    ...whole,
    $defs: Object.fromEntries(Object.entries($defs).map(([id, part]) => [fragmentOf(id), part])),
  };
  return JSON.parse(JSON.stringify(schema, amended));
}

/**
 * Allows a variable in place of a value that is no plain text. `const` stays, because it tells
 * kinds apart.
 */
function allowVariable(schema: JsonSchema): void {
  const { type, description, default: initial, format, ...others } = schema;
  // Zod adds patterns of its own to some formats.
  const rules = format === 'uri' ? { format, ...others } : others;
  const isText = type === 'string' && ['pattern', 'format', 'enum', 'allOf'].some((rule) => rule in rules);
  const isOther = type === 'number' || type === 'integer' || type === 'boolean';
  if ('const' in rules || !(isText || isOther)) return;
  for (const rule of Object.keys(schema)) delete schema[rule];
  Object.assign(schema, {
    ...(description !== undefined && { description }),
    ...(initial !== undefined && { default: initial }),
    anyOf: [{ type, ...rules }, isText ? withVariable : variable],
  });
}

function amended(key: string, value: unknown): unknown {
  if (key === '$ref') return String(value).replace(/^#\/\$defs\/(.*)$/, (_, id: string) => `#/$defs/${fragmentOf(id)}`);
  // Keys name no variables.
  if (key === 'propertyNames') return (value as JsonSchema).anyOf?.[0] ?? value;
  return value;
}

/** `sources[].tags` is no fragment of a URI. */
function fragmentOf(id: string): string {
  return id.replaceAll('[]', '').replaceAll('.*', '');
}
