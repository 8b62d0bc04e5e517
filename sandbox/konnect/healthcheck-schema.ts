import { z } from 'zod';

/** Health checks of an upstream; all off unless a body says otherwise, as in Konnect. */

const count = z.int().min(0).max(255).default(0);
const seconds = z.number().min(0).max(65_535);
const statuses = z.array(z.int().min(100).max(999));
const type = z.enum(['grpc', 'grpcs', 'http', 'https', 'tcp']).default('http');

const successStatuses = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308];

const active = z.strictObject({
  type,
  concurrency: z.int().min(1).default(10),
  timeout: seconds.default(1),
  http_path: z.string().startsWith('/').default('/'),
  https_verify_certificate: z.boolean().default(true),
  https_sni: z.string().optional(),
  headers: z.record(z.string(), z.array(z.string())).optional(),
  healthy: z
    .strictObject({ http_statuses: statuses.default([200, 302]), interval: seconds.default(0), successes: count })
    .prefault({}),
  unhealthy: z
    .strictObject({
      http_failures: count,
      http_statuses: statuses.default([429, 404, 500, 501, 502, 503, 504, 505]),
      interval: seconds.default(0),
      tcp_failures: count,
      timeouts: count,
    })
    .prefault({}),
});

const passive = z.strictObject({
  type,
  healthy: z.strictObject({ http_statuses: statuses.default(successStatuses), successes: count }).prefault({}),
  unhealthy: z
    .strictObject({
      http_failures: count,
      http_statuses: statuses.default([429, 500, 503]),
      tcp_failures: count,
      timeouts: count,
    })
    .prefault({}),
});

export const healthchecks = z
  .strictObject({
    active: active.prefault({}),
    passive: passive.prefault({}),
    threshold: z.number().min(0).max(100).default(0),
  })
  .prefault({});
