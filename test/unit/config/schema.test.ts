import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { configSchema } from '#config/schema';

/** A configuration with something of every part. */
const example = `
owner: platform-prod                # unique per writer; becomes a tag
sources:
  - name: hub
    type: vpc-endpoints
    accounts: [{ roleArn: "arn:aws:iam::111111111111:role/kong-privatelink", externalId: hub }]   # absent: own credentials
    regions: [us-east-1, us-west-2]
    tags: { domain: "kong:domain" }                     # defaults shown; absent is fine
    endpoint: "https://vpce-0f...ec2.us-east-1.vpce.amazonaws.com"   # optional: the AWS API's own address
    allow: { domains: ["*"], vpcs: [vpc-0123456789abcdef0] }
domains:                            # optional: settings that tags cannot carry; a domain needs no entry here
  sd2: { healthcheck: { path: /healthz, intervalSeconds: 5 }, plugins: [{ name: rate-limiting, config: { minute: 600, policy: local } }] }
controlPlane: { type: konnect, address: "https://us.api.konghq.com", name: prod, token: "\${KONNECT_TOKEN}", concurrency: 4 }
policy: { mode: sync, maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 }
affinity: none                      # none | weighted | failover
deck: { base: [deck/base.yaml] }
watch: { intervalSeconds: 60, listen: "127.0.0.1:9543" }
stateDir: .kong-privatelink         # last good, absences; may be empty on start
`;

const source = { name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] };
const controlPlane = { type: 'konnect', name: 'prod', token: 't' };

function parseConfig(over: object = {}) {
  return configSchema.safeParse({ owner: 'test', sources: [source], controlPlane, ...over });
}

/** Lists inside lists. */
function nested(levels: number): unknown {
  return levels === 0 ? 'x' : [nested(levels - 1)];
}

describe('configSchema', () => {
  it('accepts every part, and keeps its values unchanged', () => {
    const written = parse(example);

    expect(configSchema.parse(written)).toMatchObject(written);
  });

  it.each<[string, boolean, unknown]>([
    ['262,000 characters', true, 'x'.repeat(262_000)],
    ['more than 256 KiB', false, 'x'.repeat(256 * 1024)],
    ['32 levels', true, nested(31)],
    ['33 levels', false, nested(32)],
  ])('accepts options of a plugin of %s: %s', (_, isTaken, value) => {
    const { error } = parseConfig({ domains: { sd2: { plugins: [{ name: 'acl', config: { value } }] } } });

    const refusal = expect.stringMatching(/plugins.*config.*at most 256 KiB, nested at most 32 levels/s);
    expect(error?.message).toEqual(isTaken ? undefined : refusal);
  });

  it('fm-46 reads a granted path with a trailing slash as tags are read', () => {
    const { data } = parseConfig({ sources: [{ ...source, allow: { paths: ['/pay/', '/'] } }] });

    expect(data?.sources).toMatchObject([{ allow: { paths: ['/pay', '/'] } }]);
  });

  it.each<[string, object]>([
    ['the file', { ownr: 'x' }],
    ['a source', { sources: [{ ...source, region: 'us-east-1' }] }],
    [
      'an account',
      { sources: [{ ...source, accounts: [{ roleArn: 'arn:aws:iam::111111111111:role/a', role: 'x' }] }] },
    ],
    ['the tags of a source', { sources: [{ ...source, tags: { domian: 'x' } }] }],
    ['the allow of a source', { sources: [{ ...source, allow: { domain: ['x'] } }] }],
    ['an endpoint', { sources: [{ ...source, endpoint: { ec3: 'https://ec2.example' } }] }],
    ['a domain', { domains: { sd2: { health: 'x' } } }],
    ['a health check', { domains: { sd2: { healthcheck: { url: 'x' } } } }],
    ['a plugin', { domains: { sd2: { plugins: [{ name: 'acl', conf: {} }] } } }],
    ['the control plane', { controlPlane: { ...controlPlane, tokn: 'x' } }],
    ['the policy', { policy: { max: 1 } }],
    ['deck', { deck: { bases: [] } }],
    ['watch', { watch: { interval: 1 } }],
    ['the TLS of watch', { watch: { tls: { cert: 'a', key: 'b', ca: 'c' } } }],
  ])('refuses an unknown key of %s', (_, over) => {
    const { error } = parseConfig(over);

    expect(error?.issues.map(({ code }) => code)).toEqual(['unrecognized_keys']);
  });

  it.each([
    'us-east-1',
    'ap-southeast-2',
    'us-gov-west-1',
    'cn-north-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eusc-de-east-1',
  ])('accepts region %s', (region) => {
    expect(parseConfig({ sources: [{ ...source, regions: [region] }] }).success).toBe(true);
  });

  it.each([
    ['of one service for two domains', [{}, { domain: 'sd3' }], 'give each domain a service of its own'],
    ['with an invalid region', [{ region: 'mars' }], 'an AWS region, such as us-east-1'],
    ['with an invalid role', [{ roleArn: 'admin' }], 'an IAM role ARN'],
  ])('refuses a publication %s', (_, publications, message) => {
    const place = { namespace: 'shared', service: 'employees', domain: 'sd2', region: 'us-east-1' };

    const { error } = parseConfig({ publish: publications.map((over) => ({ ...place, ...over })) });

    expect(error?.issues.map((issue) => issue.message)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    [1, true],
    [1_000_000, true],
    [3_000_000, false],
  ])('accepts times that a timer can wait: %d s', (seconds, isTaken) => {
    const ofScope = parseConfig({ discovery: { scopeTimeoutSeconds: seconds } });
    const ofPass = parseConfig({ watch: { intervalSeconds: seconds } });

    expect([ofScope.success, ofPass.success]).toEqual([isTaken, isTaken]);
  });

  it.each([
    [5, true],
    [0, true],
    [0.5, false],
    [-1, false],
  ])('accepts whole seconds between health checks: %d', (intervalSeconds, isTaken) => {
    expect(parseConfig({ domains: { sd2: { healthcheck: { intervalSeconds } } } }).success).toBe(isTaken);
  });

  it.each([
    ['/health', true],
    ['/health/%2F;a=b', true],
    ['//health', false],
    ['/health?full', false],
    ['/%7', false],
    ['/ä', false],
    ['/a\r\nb', false],
  ])('accepts paths of health checks as Kong does: %j', (path, isTaken) => {
    expect(parseConfig({ domains: { sd2: { healthcheck: { path } } } }).success).toBe(isTaken);
  });

  it.each(['us-east', 'us-east-1a', 'US-EAST-1', 'useast1', ' us-east-1'])('refuses region %j', (region) => {
    expect(parseConfig({ sources: [{ ...source, regions: [region] }] }).success).toBe(false);
  });

  it.each([
    'arn:aws:iam::111111111111:role/a',
    'arn:aws-us-gov:iam::111111111111:role/team/a',
    'arn:aws-cn:iam::111111111111:role/a',
  ])('accepts role %s', (roleArn) => {
    expect(parseConfig({ sources: [{ ...source, accounts: [{ roleArn }] }] }).success).toBe(true);
  });

  it.each(['http://127.0.0.1:8001', 'http://localhost:8001', 'http://[::1]:8001', 'https://kong.example'])(
    'accepts a control plane at %s',
    (address) => {
      expect(parseConfig({ controlPlane: { ...controlPlane, address } }).success).toBe(true);
    },
  );

  it.each([
    ['nonsense', 'an http or https URL'],
    ['ftp://kong.example', 'an http or https URL'],
    ['http://10.0.0.1', 'plain http is accepted only on loopback'],
    ['http://localhost.evil.example', 'plain http is accepted only on loopback'],
  ])('refuses a control plane at %s once, with the fix', (address, message) => {
    const { error } = parseConfig({ controlPlane: { ...controlPlane, address } });

    expect(error?.issues).toEqual([
      expect.objectContaining({ path: ['controlPlane', 'address'], message: expect.stringContaining(message) }),
    ]);
  });

  it.each(['https://ec2.example', { ec2: 'https://ec2.example', sts: 'https://sts.example' }])(
    'accepts endpoint %j',
    (endpoint) => {
      expect(parseConfig({ sources: [{ ...source, endpoint }] }).success).toBe(true);
    },
  );

  it.each(['nonsense', 5, { ec2: 'nonsense' }, 'https://bob:x@ec2.example'])(
    'refuses endpoint %j, and names valid forms',
    (endpoint) => {
      const { error } = parseConfig({ sources: [{ ...source, endpoint }] });

      expect(error?.issues).toEqual([
        expect.objectContaining({
          path: ['sources', 0, 'endpoint'],
          message:
            'an http or https URL without user and password, or one for each of ec2, sts, servicediscovery and elasticloadbalancing',
        }),
      ]);
    },
  );
});
