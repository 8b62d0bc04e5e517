import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { pluginSchemaRoutes } from './bundled-plugins';
import { type Answer, type Call, notAllowed, notFound } from './call';
import { listRuntimeGroups, readByDeck } from './deck-routes';
import { entityRoutes } from './entity-routes';
import type { Node, Plane, PluginSchema } from './plane';
import { constraint, invalidBody, invalidEntity, refused } from './refusal';

/** Answers one call; throws a Refusal. `pageCap` limits `size`. */
export function answer(call: Call, planes: readonly Plane[], pageCap: number): Answer {
  const [version, resource, planeId, area, ...rest] = call.path;
  if (version !== 'v2' || resource !== 'control-planes') return answerBeside(call, planes);
  if (planeId === undefined) return listPlanes(call.query, planes, pageCap);
  const plane = planes.find((one) => one.id === planeId);
  if (!plane) throw notFound();
  if (area === 'nodes' && rest.length === 0) return listNodes(call.query, plane, pageCap);
  if (area === 'expected-config-hash' && rest.length === 0) return expectedHash(plane);
  if (area !== 'core-entities') throw notFound();
  if (rest[0] === 'plugin-schemas') return schemaRoutes(call, plane, rest[1]);
  if (rest[0] === 'custom-plugins') return customPluginRoutes(call, plane, rest[1]);
  if (rest[0] === 'schemas' && rest[1] === 'plugins') return pluginSchemaRoutes(call, rest[2], plane.hasSchema);
  return readByDeck(call, rest) ?? entityRoutes(call, rest, plane.store, pageCap);
}

function answerBeside(call: Call, planes: readonly Plane[]): Answer {
  const path = call.path.join('/');
  if (path === 'konnect-api/api/runtime_groups') return listRuntimeGroups(planes);
  if (path === 'v2/metrics') return measured(call, planes);
  throw notFound();
}

/** Paged by number, as Konnect does in this one API; the default of 10 is Konnect's. */
function listPlanes(query: URLSearchParams, planes: readonly Plane[], pageCap: number): Answer {
  const size = Math.min(Number(query.get('page[size]') ?? 10), pageCap);
  const number = Number(query.get('page[number]') ?? 1);
  const wanted = query.get('filter[name][eq]') ?? query.get('filter[name]');
  const found = planes.filter((plane) => (wanted === null || plane.name === wanted) && hasLabels(plane, query));
  const data = found.slice((number - 1) * size, number * size).map((plane) => ({
    id: plane.id,
    name: plane.name,
    description: '',
    labels: plane.labels,
    config: { cluster_type: plane.clusterType, control_plane_endpoint: `https://${plane.id}.cp.sandbox.invalid` },
  }));
  return { status: 200, body: { meta: { page: { total: found.length, size, number } }, data } };
}

/** `labels=key:value,key`: all of them, where one without a value need only be there. */
function hasLabels({ labels }: Plane, query: URLSearchParams): boolean {
  const wanted = query.get('labels')?.split(',') ?? [];
  return wanted.every((one) => {
    const [key = '', value] = one.split(':');
    return Object.hasOwn(labels, key) && (value === undefined || labels[key] === value);
  });
}

function listNodes(query: URLSearchParams, plane: Plane, pageCap: number): Answer {
  const size = Math.min(Number(query.get('page[size]') ?? 100), pageCap);
  const start = Number(query.get('page[after]') ?? 0);
  const items = [...plane.nodes.values()].slice(start, start + size).map((node) => ({
    id: node.id,
    hostname: node.hostname,
    version: node.version ?? '3.15.0.0',
    type: 'kong-proxy',
    config_hash: node.configHash,
    last_ping: node.lastPing,
    created_at: node.lastPing,
    updated_at: node.lastPing,
    compatibility_status: { state: `COMPATIBILITY_STATE_${isFit(node, plane) ? 'FULLY_COMPATIBLE' : 'INCOMPATIBLE'}` },
  }));
  const after = new URLSearchParams({ 'page[size]': String(size), 'page[after]': String(start + size) });
  const next = start + size < plane.nodes.size ? `/v2/control-planes/${plane.id}/nodes?${after}` : undefined;
  return { status: 200, body: { items, page: { total_count: plane.nodes.size, next } } };
}

/** Whether the data plane knows every plugin of the configuration. */
function isFit({ lacks = [] }: Node, { store }: Plane): boolean {
  return lacks.length === 0 || !store.values('plugins').some(({ name }) => lacks.includes(String(name)));
}

function expectedHash(plane: Plane): Answer {
  const now = Math.floor(Date.now() / 1000);
  return { status: 200, body: { expected_hash: plane.configHash(), created_at: now, updated_at: now } };
}

const timeRange = z.strictObject({
  type: z.literal('absolute'),
  tz: z.string().optional(),
  start: z.iso.datetime(),
  end: z.iso.datetime(),
});

/** The part of Konnect's query that asks for one control plane. */
const metricsQuery = z.strictObject({
  metrics: z.array(z.enum(['request_count', 'error_rate', 'upstream_latency_p99'])).max(3),
  filters: z
    .array(z.strictObject({ field: z.literal('control_plane'), operator: z.literal('in'), value: z.array(z.string()) }))
    .length(1),
  time_range: timeRange,
});

function measured({ method, body }: Call, planes: readonly Plane[]): Answer {
  if (method !== 'POST') throw notAllowed();
  const query = metricsQuery.safeParse(body);
  if (!query.success) throw refused(400, 'Bad Request', 'the query is not what is documented');
  const { metrics, filters, time_range: range } = query.data;
  const { measures } = planes.find(({ id }) => filters[0]?.value.includes(id)) ?? {};
  const event = Object.fromEntries(metrics.map((metric) => [metric, measures?.[metric] ?? null]));
  const { start, end } = range;
  const meta = { start, end, granularity_ms: Date.parse(end) - Date.parse(start), metric_names: metrics };
  return { status: 200, body: { data: measures ? [{ timestamp: start, event }] : [], meta } };
}

const schemaBody = z.object({ lua_schema: z.string() }).catch({ lua_schema: '' });

function schemaRoutes(call: Call, plane: Plane, name: string | undefined): Answer {
  if (name === undefined) return schemasRoute(call, plane);
  if (call.method === 'PUT') return itemOf(200, plane.putSchema(schemaBody.parse(call.body).lua_schema, name));
  if (call.method === 'DELETE') {
    plane.removeSchema(name);
    return { status: 204 };
  }
  const schema = plane.schemas.get(name);
  if (!schema) throw notFound();
  return itemOf(200, schema);
}

const customPluginBody = z.strictObject({ name: z.string(), handler: z.string().min(1), schema: z.string().min(1) });

/** By id or name, as in Konnect's OpenAPI. */
function customPluginRoutes(call: Call, { customPlugins, store }: Plane, idOrName: string | undefined): Answer {
  const all = [...customPlugins.values()];
  const held = all.find(({ id, name }) => id === idOrName || name === idOrName);
  if (idOrName === undefined && call.method === 'GET') return { status: 200, body: { data: all } };
  if (call.method === 'POST' || call.method === 'PUT') {
    const body = customPluginBody.safeParse(call.body);
    if (!body.success) throw invalidBody(body.error);
    const { name } = body.data;
    if (call.method === 'POST' && customPlugins.has(name)) throw constraint('name', 'unique', name);
    const now = Math.floor(Date.now() / 1000);
    const plugin = { created_at: now, ...held, ...body.data, id: held?.id ?? randomUUID(), updated_at: now };
    customPlugins.set(name, plugin);
    return { status: call.method === 'POST' ? 201 : 200, body: plugin };
  }
  if (call.method === 'DELETE' && held && store.values('plugins').some(({ name }) => name === held.name))
    throw invalidEntity('custom plugin is in use');
  if (call.method === 'DELETE') {
    customPlugins.delete(held?.name ?? '');
    return { status: 204 };
  }
  if (call.method !== 'GET') throw notAllowed();
  if (!held) throw notFound();
  return { status: 200, body: held };
}

function schemasRoute(call: Call, plane: Plane): Answer {
  if (call.method === 'POST') return itemOf(201, plane.putSchema(schemaBody.parse(call.body).lua_schema));
  if (call.method !== 'GET') throw notAllowed();
  return { status: 200, body: { items: [...plane.schemas.values()], page: { total_count: plane.schemas.size } } };
}

function itemOf(status: number, item: PluginSchema): Answer {
  return { status, body: { item } };
}
