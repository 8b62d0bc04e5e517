import { z } from 'zod';
import { isLoopback } from '#core/addresses/loopback';
import { domainPattern } from '#core/names';
import { contracts } from './contracts';
import { controlPlane } from './control-planes';
import { domain } from './domains';
import { resolver, via } from './resolver';
import { rollout } from './rollout';
import { source, tags } from './sources';
import { account, anyway, awsRegion, distinct, endpoint, label, text, token } from './values';

/**
 * The one schema of the configuration, for one control plane. Worker, command line and plugin
 * server read the same file (stages.ts has several control planes). Unknown keys are errors. Every
 * key except `owner`, `sources` and `controlPlane` has a default. docs/reference/configuration.md
 * prints the descriptions. `default` in `meta` tells the effect of an absent key that stays absent
 * here.
 */

/** The default keys of tags. */
export const defaultTagKeys = tags.parse(undefined);

/**
 * Kong refuses `/` and `,` in tags and Konnect more than 128 characters; `owner:` takes 6 of them.
 */
const owner = z.string().regex(/^[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dot, dash and underscore, at most 100');

const policy = z
  .strictObject({
    mode: z
      .enum(['sync', 'upsert-only'])
      .default('sync')
      .describe(
        '`sync` removes absent targets too; `upsert-only` removes only targets that AWS reports as gone for good',
      ),
    maxRemovePercent: z
      .number()
      .min(0)
      .max(100)
      .default(30)
      .describe('the brake: removals of a larger share of the held addresses (from ten up) are withheld'),
    removeAfterAbsences: z.int().min(1).default(3).describe('observations that miss a target before it is removed'),
    removeAfterSeconds: z.number().min(0).default(180).describe('time that a target is missing before it is removed'),
  })
  .meta({ id: 'policy' })
  .prefault({});

/**
 * Whether a text may stand in `protect`: a domain, or an entity as plans name it (`nameOf` in
 * deck/document).
 */
export function isProtectable(text: string): boolean {
  return domainPattern.test(text) || /^(upstream|target|service|route|plugin):\S/.test(text);
}

const guarded = z
  .string()
  .refine(
    isProtectable,
    'a domain (sd2), or an entity as diff names it: its kind, a colon and its key (route:sd2, target:sd2.privatelink|10.0.1.11:80)',
  );

const deck = z
  .strictObject({ base: z.array(text).default([]).describe('decK files that people write, merged into the document') })
  .meta({ id: 'deck' })
  .prefault({});

const tls = z.strictObject({
  cert: z.string().describe('the file of the certificate, in PEM'),
  key: z.string().describe('the file of its private key, in PEM'),
});

function isListenable(listen: string): boolean {
  return /:\d+$/.test(listen) && URL.canParse(`http://${listen}`);
}

function isReached(listen: string): boolean {
  return isListenable(listen) && !isLoopback(`http://${listen}`);
}

/** Eleven days: a timer of Node.js over 24 days fires at once. */
const mostSeconds = 1_000_000;

const watch = z
  .strictObject({
    intervalSeconds: z
      .number()
      .min(1)
      .max(mostSeconds)
      .default(60)
      .describe('time between passes of the worker, and of discovery on a data plane'),
    listen: text.default('127.0.0.1:9543').describe('address and port of health, metrics and snapshot'),
    tls: tls.optional().describe('required, with `token`, to listen on an address other than loopback'),
    token: token.optional().describe('the bearer token of requests'),
  })
  .refine(({ listen }) => isListenable(listen), {
    ...anyway,
    path: ['listen'],
    error: 'an address and a port, such as 127.0.0.1:9543',
  })
  .refine((one) => !isReached(one.listen) || Boolean(one.tls && one.token), {
    ...anyway,
    path: ['listen'],
    error: 'an address that others reach needs watch.tls and watch.token: set both, or listen on 127.0.0.1',
  })
  .meta({ id: 'watch' })
  .prefault({});

/** The number of sockets that the AWS clients share. */
export const mostScopesAtOnce = 50;

const discovery = z
  .strictObject({
    concurrency: z
      .int()
      .min(1)
      .max(mostScopesAtOnce)
      .default(16)
      .describe(
        'scopes (an account in a region) read at once; calls of one kind in one account and region are spaced out in any case',
      ),
    scopeTimeoutSeconds: z
      .number()
      .min(1)
      .max(mostSeconds)
      .default(30)
      .describe('the time-out of all calls of a scope together'),
  })
  .meta({ id: 'discovery' })
  .prefault({});

/** The defaults of the configuration. */
export const defaultDiscovery = discovery.parse(undefined);

const publication = z
  .strictObject({
    namespace: text.describe('the name, id or ARN of the namespace'),
    service: text.describe('the name or id of a service that exists'),
    domain: label.describe('the domain whose targets become its instances'),
    region: awsRegion.describe('the AWS region of the service'),
    ...account.partial().shape,
    endpoint,
  })
  .meta({ id: 'publish[]' });

export const configSchema = z.strictObject({
  owner: owner.describe(
    'a name of your own for everything that this configuration writes: it becomes a tag, and is unique among writers',
  ),
  sources: z
    .array(source)
    .min(1)
    .superRefine(
      distinct(({ name }) => [name], ['name'], 'give each source a name of its own'),
      anyway,
    )
    .describe('where endpoints are discovered'),
  domains: z.record(label, domain).default({}).describe('settings that tags cannot carry; a domain needs no entry'),
  protect: z
    .array(guarded)
    .default([])
    .describe('domains and entities that keep everything; only addresses leave, after AWS reported their end'),
  include: z
    .array(text)
    .default([])
    .describe('files with more `domains` and `protect`; `adopt --apply` and `protect` write the first'),
  controlPlane: controlPlane.describe('the control plane to write; a data plane needs none'),
  policy: policy.describe('what may be removed, and when'),
  affinity: z
    .enum(['none', 'weighted', 'failover'])
    .default('none')
    .describe('whether each zone gets upstreams that prefer its own addresses, and how'),
  via: via
    .default('addresses')
    .describe('how addresses reach Kong: each as a target, or as one name that the resolver beside Kong answers'),
  resolver: resolver.describe('the resolver beside Kong, and the names of `via: resolver`'),
  contracts: contracts
    .optional()
    .describe('who may call whom, and through which endpoint services; absent: callers are not checked'),
  deck: deck.describe('decK files of your own'),
  discovery: discovery.describe('how sources are read'),
  watch: watch.describe('the worker (`sync --watch`)'),
  rollout: rollout.optional().describe('how a change goes from stage to stage; absent: to all stages at once'),
  publish: z
    .array(publication)
    .superRefine(
      distinct(
        ({ namespace, service, region, roleArn = '' }) => [roleArn.split(':')[4] ?? '', region, namespace, service],
        ['service'],
        'give each domain a service of its own',
      ),
      anyway,
    )
    .default([])
    .describe('Cloud Map services that get the targets of domains as instances'),
  stateDir: text
    .default('.kong-privatelink')
    .describe(
      'the folder for last known answers and counts of absences; a data plane keeps them only where this key is written',
    ),
});

/** The configuration of one stage. */
export type Config = z.infer<typeof configSchema> & {
  /** Its name; absent: the only control plane. */
  readonly stage?: string;
};
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
export type FileConfig = Extract<ControlPlaneConfig, { type: 'file' }>;
export type DblessConfig = Extract<ControlPlaneConfig, { type: 'dbless' }>;
export type PublishConfig = Config['publish'][number];
