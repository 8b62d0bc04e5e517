import { formatAddress } from '#core/addresses/targets';
import type { Domain } from '#core/claims/settle';
import { hostOf } from '#core/host-header';
import type { DomainSettings, Json, JsonObject, Target } from '#core/model';
import { upstreamName } from '#core/names';
import { boundedPaths } from '#core/paths';
import { factsOf } from '#core/protocols';
import type { Kind } from './document';

/**
 * The fields of each entity by Kong's API names. Every field whose default differs between Kong
 * versions is written (docs/decisions/0003-explicit-fields.md), so that one document means the same
 * everywhere.
 */

const sample: Domain = { name: 'sample', protocol: 'http', paths: [], stripPath: true, targets: [] };

export function serviceFields(domain: Domain, settings: DomainSettings): JsonObject {
  return {
    name: domain.name,
    protocol: domain.protocol,
    host: upstreamName(domain.name),
    port: factsOf(domain.protocol).port,
    path: null,
    connect_timeout: 1_000,
    write_timeout: 60_000,
    read_timeout: 60_000,
    retries: 2,
    enabled: true,
    // Kong refuses tls_verify for every protocol but https and tls.
    tls_verify: domain.protocol === 'https' ? (settings.tlsVerify ?? false) : null,
  };
}

export function routeFields(domain: Domain): JsonObject {
  return {
    name: domain.name,
    protocols: factsOf(domain.protocol).isGrpc ? ['grpc', 'grpcs'] : ['http', 'https'],
    paths: boundedPaths(domain.paths),
    // Kong refuses strip_path on gRPC routes.
    strip_path: domain.stripPath && !factsOf(domain.protocol).isGrpc,
    preserve_host: false,
    path_handling: 'v0',
    regex_priority: 0,
    https_redirect_status_code: 426,
    request_buffering: true,
    response_buffering: true,
  };
}

/** `hasNames`: one of its targets is a name that the resolver answers. */
export function upstreamFields(domain: Domain, settings: DomainSettings, hasNames = false): JsonObject {
  return {
    name: upstreamName(domain.name),
    // With least-connections a retry goes to an address that has not failed yet; round-robin does
    // not promise this. With names, least-connections loses a request when their addresses change
    // (Kong 3.9).
    algorithm: hasNames ? roundRobin : 'least-connections',
    slots: 10_000,
    // By default Kong sends the target's address as Host (kong/runloop/balancer). The plugin sends
    // the same name.
    host_header: hostOf({ domain: domain.name, host: domain.host }),
    healthchecks: isUnchecked(domain, settings) ? noHealthchecks : httpHealthchecks(domain, settings),
  };
}

/** The algorithm of upstreams with a name among their targets. */
export const roundRobin = 'round-robin';

export function targetFields(target: Target): JsonObject {
  return { target: formatAddress(target), weight: target.weight };
}

/**
 * The fields of a target that is a name (`host:port`). The resolver answers the weights of its
 * addresses.
 */
export function nameFields(name: string): JsonObject {
  return { target: name, weight: 100 };
}

/**
 * Every status counts as alive: any answer proves that the interface and its provider live. Kong
 * allows 100 to 999.
 */
const anyStatus: readonly Json[] = Array.from({ length: 400 }, (_, index) => 200 + index);
const okStatuses: readonly Json[] = [
  200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308,
];

const badStatuses: readonly Json[] = [429, 404, 500, 501, 502, 503, 504, 505];

function httpHealthchecks(domain: Domain, settings: DomainSettings): JsonObject {
  const { path, intervalSeconds = 5 } = settings.healthcheck ?? {};
  const { isTls } = factsOf(domain.protocol);
  return {
    threshold: 0,
    active: {
      type: isTls ? 'https' : 'http',
      timeout: 1,
      concurrency: 10,
      http_path: path ?? '/',
      https_verify_certificate: settings.tlsVerify ?? false,
      ...(domain.host && isTls ? { https_sni: domain.host } : {}),
      healthy: { interval: intervalSeconds, http_statuses: path ? [200, 302] : anyStatus, successes: 1 },
      unhealthy: {
        interval: intervalSeconds,
        http_statuses: badStatuses,
        http_failures: path ? 2 : 0,
        tcp_failures: 2,
        timeouts: 2,
      },
    },
    passive: passive({ tcp_failures: 2, timeouts: 2 }),
  };
}

/**
 * Kong's checks speak HTTP/1.1, which a gRPC server does not answer. Passive checks alone never
 * bring a target back. An adopted upstream gets no check that people did not write.
 */
function isUnchecked({ protocol }: Domain, { adopted, healthcheck }: DomainSettings): boolean {
  return factsOf(protocol).isGrpc || (adopted !== undefined && healthcheck === undefined);
}

const noHealthchecks: JsonObject = {
  threshold: 0,
  active: {
    type: 'http',
    timeout: 1,
    concurrency: 10,
    http_path: '/',
    https_verify_certificate: false,
    healthy: { interval: 0, http_statuses: [200, 302], successes: 0 },
    unhealthy: { interval: 0, http_statuses: badStatuses, http_failures: 0, tcp_failures: 0, timeouts: 0 },
  },
  passive: passive({ tcp_failures: 0, timeouts: 0 }),
};

function passive(failures: { readonly tcp_failures: number; readonly timeouts: number }): JsonObject {
  return {
    type: 'http',
    healthy: { http_statuses: okStatuses, successes: 0 },
    unhealthy: { http_statuses: [429, 500, 503], http_failures: 0, ...failures },
  };
}

/** Names of the fields that are always written. The operator decides a plugin's fields. */
export const writtenFields: Readonly<Record<Kind, readonly string[]>> = {
  upstream: Object.keys(upstreamFields(sample, {})),
  target: ['target', 'weight'],
  service: Object.keys(serviceFields(sample, {})),
  route: Object.keys(routeFields(sample)),
  plugin: ['name', 'enabled', 'config'],
};
