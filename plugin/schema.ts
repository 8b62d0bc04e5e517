import { z } from 'zod';

/** One field of the plugin's configuration, in the terms of Kong's schemas. */
export type Field = {
  readonly name: string;
  readonly description: string;
  readonly type: 'string' | 'number';
  readonly required: boolean;
  readonly default?: string | number;
  readonly oneOf?: readonly string[];
  readonly between?: readonly [min: number, max: number];
  readonly lenMin?: number;
};

/** A day: a target that discovery has not confirmed for longer is not worth more than the control plane's own list. */
const maxStaleLimitSeconds = 86_400;

/** Every field, once: the plugin server's dump, schema.lua and the parser come from it. */
export const fields: readonly Field[] = [
  {
    name: 'domain',
    type: 'string',
    required: true,
    lenMin: 1,
    description: 'The service domain to route to: the value of the tag kong:domain.',
  },
  {
    name: 'mode',
    type: 'string',
    required: true,
    default: 'auto',
    oneOf: ['auto', 'target', 'upstream'],
    description:
      'target: pick an address here; upstream: use the upstream of the zone; auto: target where the data plane has sources configured.',
  },
  {
    name: 'affinity',
    type: 'string',
    required: true,
    default: 'zone',
    oneOf: ['zone', 'none'],
    description: 'zone: the own zone first, then the own region, then any.',
  },
  {
    name: 'host_header',
    type: 'string',
    required: false,
    lenMin: 1,
    description: 'Host header to send, verbatim, in target mode.',
  },
  {
    name: 'on_unresolved',
    type: 'string',
    required: true,
    default: 'fallthrough',
    oneOf: ['fallthrough', 'reject'],
    description: "fallthrough: leave the request to the service's own upstream; reject: answer 503.",
  },
  {
    name: 'max_stale_seconds',
    type: 'number',
    required: true,
    default: 3_600,
    between: [0, maxStaleLimitSeconds],
    description: 'A domain that discovery has not confirmed for longer counts as unresolved.',
  },
];

/** Name, version and priority that Kong sees. */
export const pluginName = 'privatelink';
export const pluginVersion = '0.1.0';

/**
 * After authentication (key-auth 1250, jwt 1450), acl (950), rate limiting (910, 900) and the transformers (801, 800), so that
 * nothing is resolved for a request that is refused, and before proxies of their own (ai-proxy 770, aws-lambda 750): priorities of Kong 3.9.
 */
export const pluginPriority = 790;

const configSchema = z.object({
  domain: z.string().min(1),
  mode: z.enum(['auto', 'target', 'upstream']).default('auto'),
  affinity: z.enum(['zone', 'none']).default('zone'),
  host_header: z.string().min(1).nullish(),
  on_unresolved: z.enum(['fallthrough', 'reject']).default('fallthrough'),
  max_stale_seconds: z.number().min(0).max(maxStaleLimitSeconds).default(3_600),
});

export type PluginConfig = z.infer<typeof configSchema>;

/** Reads what Kong hands over: absent keys get their defaults, and those of other versions are ignored. Undefined when it cannot be used. */
export function parsePluginConfig(config: unknown): PluginConfig | undefined {
  const parsed = configSchema.safeParse(config);
  return parsed.success ? parsed.data : undefined;
}
