import { z } from 'zod';
import { maxStaleRule, probeRules } from '#config/probes';

/** The version that Kong sees. */
export const pluginVersion = '0.1.0';

/**
 * Runs after authentication (key-auth 1250, jwt 1450), acl (950), rate limiting (910, 900) and the
 * transformers (801, 800), so that a refused request resolves nothing. Runs before plugins with
 * their own proxies (ai-proxy 770, aws-lambda 750). Priorities of Kong 3.9.
 */
export const pluginPriority = 790;

/**
 * Every field of the plugin's configuration. Kong's schema is derived from it (lua.ts). Kong
 * requires descriptions of at least 10 characters.
 */
export const pluginConfigSchema = z.object({
  domain: z.string().min(1).describe('The service domain to route to: the value of the tag kong:domain.'),
  mode: z
    .enum(['auto', 'target', 'upstream'])
    .default('auto')
    .describe(
      'target: pick an address here; upstream: use the upstream of the zone; auto: target where the data plane has sources configured.',
    ),
  affinity: z
    .enum(['zone', 'none'])
    .default('zone')
    .describe('zone: the own zone first, then the own region, then any.'),
  host_header: z
    .string()
    .min(1)
    .regex(/^[!-~]+$/)
    .optional()
    .describe('Host header to send, verbatim, in target mode.'),
  on_unresolved: z
    .enum(['fallthrough', 'reject'])
    .default('fallthrough')
    .describe("fallthrough: leave the request to the service's own upstream; reject: answer 503."),
  max_stale_seconds: maxStaleRule.describe(
    'A domain that discovery has not confirmed for longer counts as unresolved.',
  ),
  probe: probeRules.kind.describe(
    'How targets are probed from the data plane, in target mode; https does not verify the certificate.',
  ),
  probe_path: probeRules.path.describe(
    'Path that http and https probes ask for; a status from 200 to 399 is a success.',
  ),
  probe_interval_seconds: probeRules.intervalSeconds.describe(
    'A dead target gets no more requests after this times probe_fall, at the latest.',
  ),
  probe_timeout_seconds: probeRules.timeoutSeconds.describe(
    'A probe that is not answered within this has failed; never more than half of the interval.',
  ),
  probe_fall: probeRules.fall.describe('Failures in a row after which a target gets no requests.'),
  probe_rise: probeRules.rise.describe('Successes in a row after which it gets requests again.'),
});

export type PluginConfig = z.infer<typeof pluginConfigSchema>;

/** Kong writes null for an unset field. */
const withoutNulls = z
  .record(z.string(), z.unknown())
  .transform((config) => Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null)));

/**
 * Parses Kong's configuration. Absent keys get their defaults, and keys of other versions are
 * ignored. Undefined when the configuration cannot be used.
 */
export function parsePluginConfig(config: unknown): PluginConfig | undefined {
  const parsed = withoutNulls.pipe(pluginConfigSchema).safeParse(config);
  return parsed.success ? parsed.data : undefined;
}

const wayOutSchema = z.object({
  domain: z.string().catch(''),
  on_unresolved: pluginConfigSchema.shape.on_unresolved.catch('fallthrough'),
});

export type WayOut = Readonly<z.infer<typeof wayOutSchema>>;

/**
 * The way out of a configuration that cannot be used as a whole, field by field as far as readable.
 */
export function parseWayOut(config: unknown): WayOut {
  const parsed = withoutNulls.pipe(wayOutSchema).safeParse(config);
  return parsed.success ? parsed.data : wayOutSchema.parse({});
}
