import { z } from 'zod';
import { withoutTrailingSlash } from '#core/paths';
import { addressRange, claim, claimRegion, dnsName, dnsServer, ipAddress } from './claims';
import { account, anyway, awsRegion, distinct, endpoint, label, secureUrl, text, token } from './values';

const tagKey = (key: string, meaning: string) => text.default(key).describe(`the key of the tag for ${meaning}`);

export const tags = z
  .strictObject({
    domain: tagKey('kong:domain', 'the domain'),
    protocol: tagKey('kong:protocol', 'the protocol'),
    port: tagKey('kong:port', "the port of the provider's load balancer"),
    host: tagKey('kong:host', 'the Host header and TLS server name'),
    path: tagKey('kong:path', 'the paths'),
    weight: tagKey('kong:weight', 'the weight'),
    gateway: tagKey('kong:gateway', 'the one `owner` that may use the endpoint'),
  })
  .meta({ id: 'sources[].tags' })
  .prefault({});

const allow = z
  .strictObject({
    domains: z.array(text).optional().describe('domains that may be claimed, with `*`; absent: all'),
    paths: z
      .array(z.string().startsWith('/').overwrite(withoutTrailingSlash))
      .optional()
      .describe(
        'paths that may be claimed even if they are `/` or below a path of another domain, before other claims; absent: none',
      ),
    serviceNames: z
      .array(text)
      .optional()
      .describe(
        'endpoint services (`cloud-map`: services; type Resource: ARNs of resource configurations) whose endpoints are used, with `*`; absent: all',
      ),
    vpcs: z.array(text).optional().describe('VPCs whose endpoints are used, with `*`; absent: all'),
    addressFamilies: z
      .array(z.enum(['ipv4', 'ipv6']))
      .min(1)
      .optional()
      .describe('address families that all data planes reach; absent: both'),
    addresses: z
      .array(addressRange)
      .optional()
      .describe(
        'ranges of public or loopback addresses that may be targets, such as [203.0.113.0/24] or [127.0.0.0/8]; absent: public addresses only where EC2 states them',
      ),
  })
  .meta({ id: 'sources[].allow' })
  .prefault({});

const common = {
  name: label.describe("the source's own name, which becomes part of tags: lowercase letters, digits and dashes"),
  allow: allow.describe('the claims that the source may make; absent: every domain, and no path of other domains'),
};

const aws = {
  ...common,
  accounts: z
    .array(account)
    .min(1)
    .superRefine(
      distinct(({ roleArn }) => [roleArn.split(':')[4]], ['roleArn'], 'name one role for each account'),
      anyway,
    )
    .optional()
    .describe("the accounts to read; absent: the account of the process's own credentials"),
  ownAccount: z
    .string({ error: 'the id of an AWS account in quotes: "222222222222"' })
    .regex(/^\d{12}$/, 'the id of an AWS account in quotes: "222222222222"')
    .optional()
    .describe(
      "the account of the process's own credentials, to confirm a move to another account; absent: the account that was accepted last",
    ),
  regions: z
    .array(awsRegion)
    .min(1)
    .superRefine(
      distinct((region) => [region], [], 'name each region once'),
      anyway,
    )
    .describe('the AWS regions to read, such as [us-east-1]'),
  tags: tags.describe('the keys of tags, where they differ from the defaults'),
  endpoint,
};

const claimed = {
  ...common,
  region: claimRegion.describe('the region of the addresses; it becomes a tag of targets'),
};

export const source = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('vpc-endpoints').describe('interface and resource endpoints of EC2'),
      ...aws,
      vpcs: z.array(text).min(1).optional().describe('the VPCs to ask AWS for; absent: all'),
    }),
    z.strictObject({ type: z.literal('ec2-instances').describe('instances of EC2 in peered networks'), ...aws }),
    z.strictObject({
      type: z.literal('cloud-map').describe('instances of Cloud Map'),
      ...aws,
      namespace: text.describe('the name, id or ARN of the namespace'),
      services: z.array(text).min(1).optional().describe('the services to read; absent: all of the namespace'),
    }),
    z.strictObject({
      type: z.literal('dns').describe('addresses from DNS names'),
      ...claimed,
      servers: z
        .array(dnsServer)
        .min(1)
        .optional()
        .describe("IP addresses of name servers, with a port where it is not 53; absent: the system's"),
      names: z
        .array(
          z.strictObject({
            name: dnsName.describe('the name to resolve (A and AAAA; SRV where it starts with an underscore)'),
            public: z.boolean().default(false).describe('whether the name may resolve to public addresses'),
            ...claim,
          }),
        )
        .min(1)
        .superRefine(
          distinct(({ name, domain }) => [name, domain], ['name'], 'name each once for a domain'),
          anyway,
        )
        .describe('the names to resolve, each with its domain'),
    }),
    z.strictObject({
      type: z.literal('static').describe('addresses written in the configuration'),
      ...claimed,
      endpoints: z
        .array(
          z.strictObject({
            addresses: z.array(ipAddress).min(1).describe('IP addresses, such as [10.9.1.11]'),
            ...claim,
          }),
        )
        .min(1)
        .describe('the addresses, with their domains'),
    }),
    z
      .strictObject({
        type: z.literal('snapshot').describe('the snapshot of another process'),
        ...common,
        file: text.optional().describe('the file that `discover --out` writes; give either this or `url`'),
        url: secureUrl.optional().describe('the address of the snapshot: https, or plain http on loopback'),
        token: token.optional().describe('the bearer token for `url`'),
      })
      .refine((one) => (one.file === undefined) !== (one.url === undefined), {
        ...anyway,
        path: ['file'],
        error: 'a snapshot comes from one place: give either file or url',
      }),
  ])
  .meta({ id: 'sources[]' });
