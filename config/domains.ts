import { z } from 'zod';
import type { Json } from '#core/model';
import { callersPluginName } from '#core/names';
import { via } from './resolver';
import { anyway, text } from './values';

const json: z.ZodType<Json> = z.json();

/**
 * Kong's own rule (typedefs.path): characters of RFC 3986, and percent encodings that are whole.
 */
const healthPath = /^(\/(?!\/)([\w.~:@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)+$/;

const healthcheck = z.strictObject({
  path: z
    .string()
    .startsWith('/', { abort: true })
    .regex(healthPath, 'a path as Kong takes it, such as /health: no spaces, no query, no empty segments')
    .optional()
    .describe('the path of the check, where 200 and 302 mean healthy; absent: `/`, where any answer means healthy'),
  // decK reads no fractions here, and stops at a control plane that holds one.
  intervalSeconds: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .meta({ description: 'time between active checks; 0 switches them off', default: 5 }),
});

/** Far above any plugin's size. Each pass compares options, and the control plane holds them. */
const maxOptionsCharacters = 256 * 1024;
const maxOptionsDepth = 32;

const options = z
  .record(z.string(), json)
  .refine((one) => JSON.stringify(one).length <= maxOptionsCharacters && depthOf(one) <= maxOptionsDepth, {
    error: 'options of at most 256 KiB, nested at most 32 levels deep',
  });

function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Object.values<Json>(value).reduce<number>((deepest, one) => Math.max(deepest, depthOf(one)), 0);
}

const plugin = z.strictObject({
  name: text
    .refine((name) => name !== callersPluginName, `written from \`contracts\`: remove it here`)
    .describe('the name of a Kong plugin'),
  config: options.default({}).describe("the plugin's own configuration"),
  enabled: z.boolean().optional().meta({ description: 'whether Kong runs it', default: true }),
});

const adopted = z.strictObject({
  service: text.describe("the name of the domain's service"),
  upstream: text
    .optional()
    .describe('the name of the upstream that the domain had; absent: the product makes an upstream'),
  routes: z.array(text).default([]).describe("the names of the domain's routes, or the ids of routes without a name"),
});

/** Settings of a domain that tags cannot carry. */
export const domain = z
  .strictObject({
    healthcheck: healthcheck.optional().describe("Kong's active health checks; gRPC domains have none"),
    plugins: z
      .array(plugin)
      .optional()
      .describe("plugins of the domain's service; absent: the product leaves them alone; `[]`: none"),
    route: z.boolean().optional().meta({ description: '`false` leaves the route to you (`deck.base`)', default: true }),
    tlsVerify: z
      .boolean()
      .optional()
      .meta({ description: "whether Kong checks the provider's certificate, where TLS is spoken", default: false }),
    via: via.optional().describe('how the addresses of this domain reach Kong; absent: as `via` says for all'),
    adopted: adopted.optional().describe('entities that people wrote and `adopt --apply` took over'),
  })
  .refine((one) => !one.adopted || one.route === undefined, {
    ...anyway,
    path: ['route'],
    error: 'an adopted domain keeps the routes of `adopted`, and no other is generated: remove this key',
  })
  .meta({ id: 'domains.*' });
