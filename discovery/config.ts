import { z } from 'zod';
import type { Json } from '../core/model';
import { domainPattern } from '../core/names';
import { claim, claimRegion, dnsName, dnsServer, ipAddress } from './claim-config';
import { isLoopback } from './loopback';

/**
 * The one schema of the configuration file: worker, command line and plugin server read the same file.
 * Unknown keys are errors; everything but `owner`, `sources` and `controlPlane` has a default.
 */

/** Lowercase letters, digits and dashes: becomes part of a tag (`scope:<source>.…`), where dots separate. */
const label = z.string().regex(domainPattern, 'lowercase letters, digits and dashes, at most 63');

/** Kong refuses `/` and `,` in tags and Konnect more than 128 characters (facts); `owner:` takes 6 of them. */
const owner = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dot, dash and underscore, at most 100');

const url = z.url({ protocol: /^https?$/, error: 'an http or https URL', abort: true });

const token = z.string().trim().regex(/^\S+$/, 'a token without spaces or line breaks inside');

/** Paths are added to it. */
const secureOrigin = () =>
  secureUrl.refine((text) => new URL(text).pathname === '/', {
    error: 'the address alone, without a path such as /v2',
  });

const secureUrl = url.refine((text) => text.startsWith('https:') || isLoopback(text), {
  error: 'plain http is accepted only on loopback: use https, the token travels with every call',
});

/** Refuses two items of one key: they would be two scopes, or two sources, of one id. */
function distinct<T>(keyOf: (item: T) => string | undefined, field: readonly string[], fix: string) {
  return (items: readonly T[], context: z.RefinementCtx<readonly T[]>) => {
    const keys = items.map(keyOf);
    for (const [index, key] of keys.entries()) {
      const first = keys.indexOf(key);
      if (first < index) {
        context.addIssue({ code: 'custom', path: [index, ...field], message: `same as item [${first}]: ${fix}` });
      }
    }
  };
}

const account = z.strictObject({
  roleArn: z
    .string()
    .regex(
      /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/,
      'an IAM role ARN, such as arn:aws:iam::111111111111:role/kong-privatelink',
    ),
  externalId: z.string().min(2).optional(),
});

const tagKeys = z
  .strictObject({
    domain: z.string().min(1).default('kong:domain'),
    protocol: z.string().min(1).default('kong:protocol'),
    port: z.string().min(1).default('kong:port'),
    host: z.string().min(1).default('kong:host'),
    path: z.string().min(1).default('kong:path'),
    weight: z.string().min(1).default('kong:weight'),
    gateway: z.string().min(1).default('kong:gateway'),
  })
  .prefault({});

/** The keys of tags where a source names none. */
export const defaultTagKeys = tagKeys.parse(undefined);

const allow = z
  .strictObject({
    domains: z.array(z.string().min(1)).optional(),
    paths: z.array(z.string().startsWith('/')).optional(),
    serviceNames: z.array(z.string().min(1)).optional(),
    vpcs: z.array(z.string().min(1)).optional(),
    addressFamilies: z
      .array(z.enum(['ipv4', 'ipv6']))
      .min(1)
      .optional(),
  })
  .prefault({});

/** One address for the source's own API, or one for each AWS API that the source calls. */
const endpoint = z
  .union([url, z.strictObject({ ec2: url.optional(), sts: url.optional(), servicediscovery: url.optional() })], {
    error: 'an http or https URL, or one for each of ec2, sts and servicediscovery',
  })
  .optional();

const awsRegion = z.string().regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'an AWS region, such as us-east-1');

const aws = {
  name: label,
  accounts: z
    .array(account)
    .min(1)
    .superRefine(distinct(({ roleArn }) => roleArn.split(':')[4], ['roleArn'], 'name one role for each account'))
    .optional(),
  regions: z
    .array(awsRegion)
    .min(1)
    .superRefine(distinct((region) => region, [], 'name each region once')),
  tags: tagKeys,
  endpoint,
  allow,
};

const source = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('vpc-endpoints'), ...aws, vpcs: z.array(z.string().min(1)).min(1).optional() }),
  z.strictObject({ type: z.literal('ec2-instances'), ...aws }),
  z.strictObject({
    type: z.literal('cloud-map'),
    ...aws,
    namespace: z.string().min(1),
    services: z.array(z.string().min(1)).min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('dns'),
    name: label,
    region: claimRegion,
    servers: z.array(dnsServer).min(1).optional(),
    allow,
    names: z
      .array(z.strictObject({ name: dnsName, public: z.boolean().default(false), ...claim }))
      .min(1)
      .superRefine(distinct(({ name, domain }) => `${name} ${domain}`, ['name'], 'name each once for a domain')),
  }),
  z.strictObject({
    type: z.literal('static'),
    name: label,
    region: claimRegion,
    allow,
    endpoints: z.array(z.strictObject({ addresses: z.array(ipAddress).min(1), ...claim })).min(1),
  }),
  z
    .strictObject({
      type: z.literal('snapshot'),
      name: label,
      allow,
      file: z.string().min(1).optional(),
      url: secureUrl.optional(),
      token: token.optional(),
    })
    .refine((one) => (one.file === undefined) !== (one.url === undefined), {
      path: ['file'],
      error: 'a snapshot comes from one place: give either file or url',
    }),
]);

const json: z.ZodType<Json> = z.json();
const domain = z.strictObject({
  healthcheck: z
    .strictObject({
      path: z.string().startsWith('/').optional(),
      // decK reads no fractions here, and stops at a control plane that holds one.
      intervalSeconds: z.int().min(0).max(65_535).optional(),
    })
    .optional(),
  plugins: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        config: z.record(z.string(), json).default({}),
        enabled: z.boolean().optional(),
      }),
    )
    .optional(),
  route: z.boolean().optional(),
  tlsVerify: z.boolean().optional(),
});

const controlPlane = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('konnect'),
    address: secureOrigin().default('https://us.api.konghq.com'),
    name: z.string().min(1),
    token,
    concurrency: z.int().min(1).max(64).default(4),
  }),
  z.strictObject({
    type: z.literal('admin'),
    address: secureUrl,
    workspace: z.string().min(1).default('default'),
    token: token.optional(),
    concurrency: z.int().min(1).max(64).default(4),
  }),
  z.strictObject({ type: z.literal('dbless'), address: secureUrl, token: token.optional() }),
  z.strictObject({ type: z.literal('file'), path: z.string().min(1) }),
  z.strictObject({
    type: z.literal('deck'),
    address: secureUrl,
    name: z.string().min(1).optional(),
    token: token.optional(),
    binary: z.string().min(1).optional(),
  }),
]);

const policy = z
  .strictObject({
    mode: z.enum(['sync', 'upsert-only']).default('sync'),
    maxRemovePercent: z.number().min(0).max(100).default(30),
    removeAfterAbsences: z.int().min(1).default(3),
    removeAfterSeconds: z.number().min(0).default(180),
  })
  .prefault({});

export const configSchema = z.strictObject({
  owner,
  sources: z
    .array(source)
    .min(1)
    .superRefine(distinct(({ name }) => name, ['name'], 'give each source a name of its own')),
  domains: z.record(label, domain).default({}),
  controlPlane,
  policy,
  affinity: z.enum(['none', 'weighted', 'failover']).default('none'),
  deck: z.strictObject({ base: z.array(z.string().min(1)).default([]) }).prefault({}),
  watch: z
    .strictObject({
      intervalSeconds: z.number().min(1).default(60),
      listen: z.string().min(1).default('127.0.0.1:9543'),
      tls: z.strictObject({ cert: z.string(), key: z.string() }).optional(),
      token: token.optional(),
    })
    .refine(({ listen }) => /:\d+$/.test(listen) && URL.canParse(`http://${listen}`), {
      path: ['listen'],
      error: 'an address and a port, such as 127.0.0.1:9543',
      abort: true,
    })
    .refine((one) => isLoopback(`http://${one.listen}`) || (one.tls && one.token), {
      path: ['listen'],
      error: 'an address that others reach needs watch.tls and watch.token: set both, or listen on 127.0.0.1',
    })
    .prefault({}),
  publish: z
    .array(
      z.strictObject({
        namespace: z.string().min(1),
        service: z.string().min(1),
        domain: label,
        region: awsRegion,
        ...account.partial().shape,
        endpoint,
      }),
    )
    .superRefine(
      distinct(
        ({ namespace, service, region, roleArn }) => [roleArn?.split(':')[4], region, namespace, service].join(' '),
        ['service'],
        'give each domain a service of its own',
      ),
    )
    .default([]),
  stateDir: z.string().min(1).default('.kong-privatelink'),
});

export type Config = z.infer<typeof configSchema>;
export type SourceConfig = Config['sources'][number];
export type VpcEndpointsConfig = Extract<SourceConfig, { type: 'vpc-endpoints' }>;
export type Ec2InstancesConfig = Extract<SourceConfig, { type: 'ec2-instances' }>;
export type CloudMapConfig = Extract<SourceConfig, { type: 'cloud-map' }>;
export type SnapshotConfig = Extract<SourceConfig, { type: 'snapshot' }>;
export type DnsConfig = Extract<SourceConfig, { type: 'dns' }>;
export type StaticConfig = Extract<SourceConfig, { type: 'static' }>;
export type AllowConfig = VpcEndpointsConfig['allow'];
export type TagKeys = VpcEndpointsConfig['tags'];
export type ControlPlaneConfig = Config['controlPlane'];
export type KonnectConfig = Extract<ControlPlaneConfig, { type: 'konnect' }>;
export type AdminConfig = Extract<ControlPlaneConfig, { type: 'admin' }>;
export type DeckConfig = Extract<ControlPlaneConfig, { type: 'deck' }>;
export type DblessConfig = Extract<ControlPlaneConfig, { type: 'dbless' }>;
export type PublishConfig = Config['publish'][number];
export type PolicyConfig = Config['policy'];
