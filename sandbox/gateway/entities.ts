import { z } from 'zod';

/**
 * Kong's entities under their API names, with only the fields for routing; the defaults are Kong's
 * own.
 */

const reference = z.object({ id: z.string() });
const list = z
  .array(z.string())
  .nullish()
  .transform((items) => items ?? []);

export const service = z.object({
  id: z.string(),
  name: z.string().nullish(),
  enabled: z.boolean().default(true),
  protocol: z.string().default('http'),
  host: z.string(),
  port: z.number().default(80),
  path: z.string().nullish(),
  retries: z.number().default(5),
  /** Milliseconds, as is the next. */
  connect_timeout: z.number().default(60_000),
  read_timeout: z.number().default(60_000),
});

export const route = z.object({
  id: z.string(),
  service: reference.nullish(),
  paths: list,
  methods: list,
  hosts: list,
  protocols: z.array(z.string()).default(['http', 'https']),
  strip_path: z.boolean().default(true),
  preserve_host: z.boolean().default(false),
  regex_priority: z.number().default(0),
  created_at: z.number().default(0),
  /** Matchers unknown to the stand-in: a route with one never matches. */
  headers: z.unknown().optional(),
  snis: z.unknown().optional(),
  expression: z.unknown().optional(),
});

const count = z.number().default(0);

const active = z.object({
  http_path: z.string().default('/'),
  /** Seconds, as is `interval`; an interval of 0 means no check. */
  timeout: z.number().default(1),
  healthy: z.object({ interval: count, http_statuses: z.array(z.number()).default([200, 302]) }).prefault({}),
});

const passive = z.object({ unhealthy: z.object({ tcp_failures: count, timeouts: count }).prefault({}) });

export const upstream = z.object({
  id: z.string(),
  name: z.string(),
  host_header: z.string().nullish(),
  healthchecks: z.object({ active: active.prefault({}), passive: passive.prefault({}) }).prefault({}),
});

export const target = z.object({
  target: z.string(),
  weight: z.number().default(100),
  failover: z.boolean().default(false),
  upstream: reference,
});

export const plugin = z.object({
  id: z.string(),
  name: z.string(),
  enabled: z.boolean().default(true),
  service: reference.nullish(),
  config: z.record(z.string(), z.json()).default({}),
});

export type Service = z.infer<typeof service>;
export type Route = z.infer<typeof route>;
export type Plugin = z.infer<typeof plugin>;

/** An upstream with its targets; `address` as Kong writes it, `ip:port` or `[ip]:port`. */
export type Upstream = z.infer<typeof upstream> & { readonly targets: readonly Target[] };
export type Target = {
  readonly address: string;
  readonly weight: number;
  /** In turn only while nobody else is. */
  readonly failover?: boolean;
};

/** The configuration of a data plane. */
export type GatewayConfig = {
  readonly services: ReadonlyMap<string, Service>;
  readonly routes: readonly Route[];
  /** By name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly plugins: readonly Plugin[];
};

export const emptyConfig: GatewayConfig = { services: new Map(), routes: [], upstreams: new Map(), plugins: [] };
