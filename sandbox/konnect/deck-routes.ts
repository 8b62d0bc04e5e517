import { z } from 'zod';
import type { Answer, Call } from './call';
import type { Plane } from './plane';
import { type KindPath, schemas } from './schemas';

/**
 * Routes for decK alone: the older list of control planes, kinds without entities here, and schemas
 * with defaults.
 */

const emptyKinds: ReadonlySet<string> = new Set([
  ...['acls', 'ai-models', 'basic-auths', 'ca_certificates', 'certificates', 'consumer_groups', 'filter-chains'],
  ...['hmac-auths', 'jwts', 'key-auths', 'key-sets', 'keys', 'mtls-auths', 'partials', 'snis', 'vaults'],
]);

export function listRuntimeGroups(planes: readonly Plane[]): Answer {
  const data = planes.map(({ id, name }) => ({ id, name }));
  return { status: 200, body: { data, page: 1, pageCount: 1 } };
}

/** Answers a call under `core-entities`; undefined for one that is not decK's own. */
export function readByDeck({ method }: Call, path: readonly string[]): Answer | undefined {
  const [first = '', second = '', third = '', fourth = ''] = path;
  if (method !== 'GET') return undefined;
  if (path.length === 1 && emptyKinds.has(first)) return { status: 200, body: { data: [] } };
  const isEntity = first === 'v1' && second === 'schemas' && third === 'json';
  const schema = isEntity ? jsonSchemaOf(fourth) : undefined;
  return schema && { status: 200, body: schema };
}

/** The kinds whose defaults decK asks for, by the name it asks with. */
const kindsByName: Readonly<Record<string, KindPath>> = {
  service: 'services',
  route: 'routes',
  upstream: 'upstreams',
  target: 'targets',
};

/** The JSON schema of a kind; undefined for one that the stand-in does not know. */
function jsonSchemaOf(name: string): object | undefined {
  const kind = kindsByName[name];
  return kind && z.toJSONSchema(schemas[kind], { io: 'input', unrepresentable: 'any', override: closeReferences });
}

/**
 * decK looks for defaults inside every open object. Konnect closes references, and leaves objects
 * with defaults open.
 */
function closeReferences({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.type !== 'object' || !jsonSchema.properties) return;
  if (jsonSchema.default === undefined) jsonSchema.additionalProperties = false;
  else delete jsonSchema.additionalProperties;
}
