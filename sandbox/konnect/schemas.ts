import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Json, JsonObject } from '#core/model';
import { healthchecks } from './healthcheck-schema';
import { invalidBody } from './refusal';

/** The fields of each kind of entity, with Konnect's defaults for missing fields. */

const tag = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^/,]+$/, 'must not contain / or ,');
const text = z.string().optional();
const reference = z.object({ id: z.string().min(1) });
const name = z.string().regex(/^[\p{L}\p{N}.\-_~]+$/u, 'must hold only letters, digits, and . - _ ~');
const timeoutMs = z.int().min(1).max(2_147_483_646).default(60_000);
const protocols = ['grpc', 'grpcs', 'http', 'https', 'tcp', 'tls', 'tls_passthrough', 'udp', 'ws', 'wss'];
const protocol = z.enum(protocols);
const path = z.string().regex(/^(\/|~\/)/, "must begin with '/' (prefix) or '~/' (regular expression)");
const anyJson: z.ZodType<Json> = z.json();

/** `id` comes from the address of the call; times are the server's own. */
const common = {
  id: text,
  tags: z.array(tag).optional(),
  created_at: z.number().optional(),
  updated_at: z.number().optional(),
};

/**
 * Kong takes TLS settings only on these. A self-managed gateway refuses even `tls_verify: false` on
 * others.
 */
const tlsProtocols: readonly string[] = ['https', 'tls', 'wss'];

const service = z
  .strictObject({
    ...common,
    name: name.optional(),
    enabled: z.boolean().default(true),
    protocol: protocol.default('http'),
    host: z.string().min(1),
    port: z.int().min(0).max(65_535).default(80),
    path: z.string().startsWith('/').optional(),
    retries: z.int().min(0).max(32_767).default(5),
    connect_timeout: timeoutMs,
    read_timeout: timeoutMs,
    write_timeout: timeoutMs,
    tls_verify: z.boolean().optional(),
    tls_verify_depth: z.int().min(0).max(64).optional(),
    tls_sans: z.record(z.string(), z.array(z.string())).optional(),
  })
  .refine((one) => one.tls_verify === undefined || tlsProtocols.includes(one.protocol), {
    path: ['tls_verify'],
    error: 'can be set only when protocol is https, tls or wss',
  });

const route = z
  .strictObject({
    ...common,
    name: name.optional(),
    service: reference.optional(),
    protocols: z.array(protocol).min(1).default(['https']),
    methods: z.array(z.string().regex(/^[A-Z]+$/)).optional(),
    hosts: z.array(z.string()).optional(),
    paths: z.array(path).optional(),
    headers: z.record(z.string(), z.array(z.string())).optional(),
    snis: z.array(z.string()).optional(),
    expression: text,
    priority: z.int().min(0).optional(),
    https_redirect_status_code: z.literal([301, 302, 307, 308, 426]).default(426),
    path_handling: z.enum(['v0', 'v1']).default('v0'),
    preserve_host: z.boolean().default(false),
    regex_priority: z.int().default(0),
    request_buffering: z.boolean().default(true),
    response_buffering: z.boolean().default(true),
    strip_path: z.boolean().default(true),
  })
  .refine(
    (one) =>
      [one.methods, one.hosts, one.paths, one.headers, one.snis, one.expression].some((field) => field !== undefined),
    {
      error: "must set one of 'methods', 'hosts', 'headers', 'paths', 'snis', 'expression'",
    },
  )
  .refine((one) => !(one.strip_path && one.protocols.some((text) => text.startsWith('grpc'))), {
    path: ['strip_path'],
    error: "cannot be true when 'protocols' is 'grpc' or 'grpcs'",
  });

const hashInput = z
  .enum(['consumer', 'cookie', 'header', 'ip', 'none', 'path', 'query_arg', 'uri_capture'])
  .default('none');

const upstream = z.strictObject({
  ...common,
  name: z.string().regex(/^[A-Za-z0-9._-]+$/, 'must be a hostname'),
  algorithm: z
    .enum(['consistent-hashing', 'latency', 'least-connections', 'round-robin', 'sticky-sessions'])
    .default('round-robin'),
  hash_on: hashInput,
  hash_fallback: hashInput,
  hash_on_cookie_path: z.string().default('/'),
  hash_on_cookie: text,
  hash_on_header: text,
  hash_on_query_arg: text,
  hash_on_uri_capture: text,
  hash_fallback_header: text,
  hash_fallback_query_arg: text,
  hash_fallback_uri_capture: text,
  slots: z.int().min(10).max(65_536).default(10_000),
  host_header: text,
  sticky_sessions_cookie: text,
  sticky_sessions_cookie_path: z.string().default('/'),
  use_srv_name: z.boolean().default(false),
  healthchecks,
});

/** Kong's port for a target that names none. */
const defaultTargetPort = 8000;

/** `host`, `host:port` or `[IPv6]:port`. */
const address = z.string().transform((text, context) => {
  const [, host = '', port = String(defaultTargetPort)] = /^(\[[^\]]+\]|[^:[\]/\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isHost = host.startsWith('[') ? isIPv6(host.slice(1, -1)) : host !== '';
  if (isHost && Number(port) >= 1 && Number(port) <= 65_535) return `${host}:${port}`;
  context.addIssue({ code: 'custom', message: 'not a valid hostname or ip address with a port; IPv6 needs brackets' });
  return z.NEVER;
});

const target = z.strictObject({
  ...common,
  target: address,
  upstream: reference,
  weight: z.int().min(0).max(65_535).default(100),
  failover: z.boolean().default(false),
});

const plugin = z.strictObject({
  ...common,
  name: z.string().min(1),
  instance_name: text,
  condition: text,
  service: reference.optional(),
  route: reference.optional(),
  consumer: reference.optional(),
  enabled: z.boolean().default(true),
  protocols: z.array(protocol).default(['grpc', 'grpcs', 'http', 'https']),
  config: z.record(z.string(), anyJson).default({}),
});

const consumer = z
  .strictObject({ ...common, username: text, custom_id: text })
  .refine((one) => one.username !== undefined || one.custom_id !== undefined, {
    error: "must set one of 'username', 'custom_id'",
  });

/** One schema for each kind. */
export const schemas = {
  services: service,
  routes: route,
  upstreams: upstream,
  targets: target,
  plugins: plugin,
  consumers: consumer,
};

/** A kind of entity, as the paths of Konnect's API name it. */
export type KindPath = keyof typeof schemas;

export function isKindPath(text: string): text is KindPath {
  return Object.hasOwn(schemas, text);
}

/** Fills in Konnect's defaults; throws Konnect's Refusal. */
export function parseEntity(kind: KindPath, body: unknown): JsonObject {
  const parsed = schemas[kind].safeParse(holdsNull(body) ? withoutNulls(body) : body);
  if (!parsed.success) throw invalidBody(parsed.error);
  return parsed.data as JsonObject;
}

function holdsNull(value: unknown): boolean {
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  return value === null || Object.values(value).some(holdsNull);
}

/** To Konnect null is absence, but for a plugin's own configuration. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const present = Object.entries(value).filter(([, field]) => field !== null);
  return Object.fromEntries(present.map(([key, field]) => [key, key === 'config' ? field : withoutNulls(field)]));
}
