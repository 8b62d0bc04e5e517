import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/**
 * Konnect's own description of its API, when it lies beside the repository. Its text is not ours to
 * copy.
 */
const openapiPath = join(__dirname, '../../../../shared/konnect/openapi.yaml');

type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
};

type Response = { readonly $ref?: string; readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
type Operation = { readonly requestBody?: Response; readonly responses: Readonly<Record<string, Response>> };
type OperationName = { readonly method: string; readonly template: string };

export type OpenApi = {
  /** What is wrong with an answer, one line each; says so too when the status is not documented. */
  readonly check: (
    operation: OperationName,
    answer: { readonly status: number; readonly body: unknown },
  ) => readonly string[];
  /** What is wrong with the body of a call. */
  readonly checkBody: (operation: OperationName, body: unknown) => readonly string[];
};

/** Undefined where the file is not there. */
export function loadOpenApi(): OpenApi | undefined {
  if (!existsSync(openapiPath)) return undefined;
  const document = parse(readFileSync(openapiPath, 'utf8'));
  const resolve = <T extends { readonly $ref?: string }>(node: T): T =>
    node.$ref
      ? resolve(
          node.$ref
            .split('/')
            .slice(1)
            .reduce((at, key) => at[key], document),
        )
      : node;
  const operationOf = ({ method, template }: OperationName): Operation | undefined =>
    document.paths[template]?.[method.toLowerCase()];
  const violationsOf = (documented: Response, body: unknown) => {
    const [content] = Object.values(resolve(documented).content ?? {});
    return content?.schema ? violations(content.schema, body, '$', resolve) : [];
  };
  return {
    check: (name, { status, body }) => {
      const documented = operationOf(name)?.responses[String(status)];
      if (!documented) return [`${name.method} ${name.template}: ${status} is not documented`];
      return violationsOf(documented, body);
    },
    checkBody: (name, body) => {
      const documented = operationOf(name)?.requestBody;
      return documented ? violationsOf(documented, body) : [`${name.method} ${name.template}: takes no body`];
    },
  };
}

type Resolve = <T extends { readonly $ref?: string }>(node: T) => T;

function violations(reference: Schema, value: unknown, at: string, resolve: Resolve): readonly string[] {
  const schema = resolve(reference);
  if (value === null && schema.nullable) return [];
  const choices = (schema.oneOf ?? []).map((choice) => violations(choice, value, at, resolve));
  return [
    ...(schema.allOf ?? []).flatMap((part) => violations(part, value, at, resolve)),
    ...(choices.length > 0 && choices.every((found) => found.length > 0) ? (choices[0] ?? []) : []),
    ...(schema.type && !hasType(schema.type, value) ? [`${at}: ${JSON.stringify(value)} is no ${schema.type}`] : []),
    ...(schema.enum && !schema.enum.includes(value) ? [`${at}: ${JSON.stringify(value)} is not listed`] : []),
    ...(typeof value === 'number' ? outOfRange(schema, value, at) : []),
    ...(Array.isArray(value)
      ? value.flatMap((item, index) => itemViolations(schema, item, `${at}[${index}]`, resolve))
      : []),
    ...(isRecord(value) ? fieldViolations(schema, value, at, resolve) : []),
  ];
}

function itemViolations({ items }: Schema, item: unknown, at: string, resolve: Resolve): readonly string[] {
  return items ? violations(items, item, at, resolve) : [];
}

function fieldViolations(
  schema: Schema,
  value: Readonly<Record<string, unknown>>,
  at: string,
  resolve: Resolve,
): readonly string[] {
  const missing = (schema.required ?? [])
    .filter((field) => !(field in value))
    .map((field) => `${at}.${field}: missing`);
  const wrong = Object.entries(value).flatMap(([field, one]) => {
    const known = schema.properties?.[field] ?? schema.additionalProperties;
    if (known === false) return [`${at}.${field}: not documented`];
    return typeof known === 'object' ? violations(known, one, `${at}.${field}`, resolve) : [];
  });
  return [...missing, ...wrong];
}

function outOfRange({ minimum = -Infinity, maximum = Infinity }: Schema, value: number, at: string): readonly string[] {
  return value < minimum || value > maximum ? [`${at}: ${value} is out of range`] : [];
}

function hasType(type: string, value: unknown): boolean {
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isRecord(value);
  return typeof value === type;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
