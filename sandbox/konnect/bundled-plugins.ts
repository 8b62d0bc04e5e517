import type { JsonObject } from '#core/model';

/** Configuration that Konnect fills in; of the other bundled plugins the stand-in keeps what it is sent. */
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

/** Gives what Konnect fills in for a plugin; undefined for one that Kong does not bring and whose schema nobody uploaded. */
export function configDefaults(plugin: string, hasSchema: (plugin: string) => boolean): JsonObject | undefined {
  return defaults[plugin] ?? (others.has(plugin) || hasSchema(plugin) ? {} : undefined);
}
