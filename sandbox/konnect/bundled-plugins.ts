import { z } from 'zod';
import type { Json, JsonObject } from '#core/model';
import { type Answer, type Call, notFound } from './call';
import { invalid } from './refusal';

/**
 * Konnect's defaults for a configuration. Of other bundled plugins the stand-in keeps the sent
 * configuration.
 */
const defaults: Readonly<Record<string, JsonObject>> = {
  'key-auth': {
    anonymous: null,
    hide_credentials: false,
    key_in_body: false,
    key_in_header: true,
    key_in_query: true,
    key_names: ['apikey'],
    realm: null,
    run_on_preflight: true,
  },
  'rate-limiting': {
    ...{ second: null, minute: null, hour: null, day: null, month: null, year: null },
    error_code: 429,
    error_message: 'API rate limit exceeded',
    fault_tolerant: true,
    header_name: null,
    hide_client_headers: false,
    limit_by: 'consumer',
    path: null,
    policy: 'local',
  },
  acl: {
    allow: null,
    always_use_authenticated_groups: false,
    deny: null,
    hide_groups_header: false,
    include_consumer_groups: false,
  },
};

const others: ReadonlySet<string> = new Set([
  ...['basic-auth', 'hmac-auth', 'jwt', 'ldap-auth', 'mtls-auth', 'oauth2', 'openid-connect', 'session'],
  ...[
    'bot-detection',
    'cors',
    'ip-restriction',
    'request-size-limiting',
    'request-termination',
    'response-ratelimiting',
  ],
  ...[
    'rate-limiting-advanced',
    'proxy-cache',
    'redirect',
    'correlation-id',
    'request-transformer',
    'response-transformer',
  ],
  ...['request-transformer-advanced', 'response-transformer-advanced', 'pre-function', 'post-function', 'opa'],
  ...[
    'datadog',
    'file-log',
    'http-log',
    'loggly',
    'opentelemetry',
    'prometheus',
    'statsd',
    'syslog',
    'tcp-log',
    'udp-log',
  ],
  ...['aws-lambda', 'azure-functions', 'grpc-gateway', 'grpc-web', 'upstream-timeout', 'zipkin'],
]);

type HasSchema = (plugin: string) => boolean;

/**
 * Returns the configuration in Konnect's form. Throws Konnect's Refusal, also for a plugin unknown
 * to Kong without an uploaded schema.
 */
export function pluginConfig(name: string, config: JsonObject, hasSchema: HasSchema): JsonObject {
  const initial = configDefaults(name, hasSchema);
  if (!initial) throw invalid([fieldError('name', `plugin(${name}) does not exist`)]);
  const wrong = Object.entries(config).flatMap(([field, value]) => whyWrong(name, field, value));
  if (wrong.length > 0) throw invalid(wrong);
  return { ...initial, ...config };
}

function configDefaults(plugin: string, hasSchema: HasSchema): JsonObject | undefined {
  return defaults[plugin] ?? (others.has(plugin) || hasSchema(plugin) ? {} : undefined);
}

function fieldError(field: string, message: string) {
  return { type: 'ERROR_TYPE_FIELD', field, messages: [message] };
}

/** Fields of these plugins without a default here. */
const alsoKnown: ReadonlySet<string> = new Set(['redis', 'sync_rate', 'key_in_cookie', 'identity_realms']);
const limits: ReadonlySet<string> = new Set(['second', 'minute', 'hour', 'day', 'month', 'year']);

/** Checks fields and, by the defaults, their types; only for the plugins with defaults. */
function whyWrong(plugin: string, field: string, value: Json) {
  const known = defaults[plugin];
  if (!known || alsoKnown.has(field) || value === null) return [];
  if (!(field in known)) return [fieldError(`config.${field}`, 'unknown field')];
  const initial = limits.has(field) ? 0 : (known[field] ?? null);
  return initial === null || typeOf(initial) === typeOf(value)
    ? []
    : [fieldError(`config.${field}`, `expected a ${typeOf(initial)}`)];
}

function typeOf(value: Json): string {
  return Array.isArray(value) ? 'set' : typeof value;
}

const pluginBody = z.looseObject({ name: z.string().catch(''), config: z.record(z.string(), z.json()).catch({}) });

/**
 * Answers a call under `schemas/plugins`: the schema of a plugin, or the check of a configuration.
 */
export function pluginSchemaRoutes({ method, body }: Call, name = '', hasSchema: HasSchema): Answer {
  if (name === 'validate' && method === 'POST') {
    const plugin = pluginBody.catch({ name: '', config: {} }).parse(body);
    pluginConfig(plugin.name, plugin.config, hasSchema);
    return { status: 200, body: { message: 'schema validation successful' } };
  }
  const initial = method === 'GET' ? configDefaults(name, hasSchema) : undefined;
  if (!initial) throw notFound();
  // In the form of Kong's own schemas: `fields` of one key each.
  const fields = Object.entries(initial).map(([field, value]) => ({
    [field]: value === null ? {} : { default: value },
  }));
  const protocols = { type: 'set', default: ['grpc', 'grpcs', 'http', 'https'] };
  return { status: 200, body: { fields: [{ protocols }, { config: { type: 'record', required: true, fields } }] } };
}
