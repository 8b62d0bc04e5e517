import { describe, expect, it } from '@jest/globals';
import { controlPlane } from '#config/control-planes';
import { configSchema } from '#config/schema';
import { source } from '#config/sources';
import { fixOf } from '#core/misfits/fixes';

const typesOf = ({ options }: typeof source | typeof controlPlane) =>
  options.map(({ shape }) => shape.type.value).join(', ');

const hub = { name: 'hub', type: 'vpc-endpoints', regions: ['us-east-1'] };
const whole = {
  owner: 'test',
  sources: [
    {
      ...hub,
      accounts: [{ roleArn: 'arn:aws:iam::111111111111:role/a', externalId: 'hub' }],
      tags: { domain: 'kong:domain' },
      endpoint: { ec2: 'https://ec2.example' },
      allow: { paths: ['/'], addressFamilies: ['ipv4'] },
    },
    { name: 'corp', type: 'dns', servers: ['10.0.0.2'], names: [{ name: 'a.example', domain: 'sd2', port: 80 }] },
    {
      name: 'fixed',
      type: 'static',
      endpoints: [{ addresses: ['10.9.1.11'], domain: 'sd3', paths: ['/a'], weight: 1 }],
    },
    { name: 'copy', type: 'snapshot', url: 'https://a.example', token: 't' },
  ],
  domains: {
    sd2: { healthcheck: { path: '/', intervalSeconds: 5 }, plugins: [{ name: 'acl', config: {} }], route: true },
  },
  controlPlane: { type: 'konnect', address: 'https://us.api.konghq.com', name: 'prod', token: 't', concurrency: 4 },
  policy: { mode: 'sync', maxRemovePercent: 30, removeAfterAbsences: 3, removeAfterSeconds: 180 },
  affinity: 'none',
  deck: { base: ['base.yaml'] },
  watch: { intervalSeconds: 60, listen: '127.0.0.1:9543', tls: { cert: 'a', key: 'b' }, token: 't' },
  publish: [{ namespace: 'a', service: 'b', domain: 'sd2', region: 'us-east-1' }],
  stateDir: 'state',
};

function messagesOf(config: unknown): readonly string[] {
  const { error } = configSchema.safeParse(config, { error: fixOf });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** The configuration once for each of its values, with another value in that place. */
function variantsOf(value: unknown, other: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [other];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    variantsOf(one, other).map((variant) =>
      Array.isArray(value) ? value.with(Number(key), variant) : { ...value, [key]: variant },
    ),
  );
  return [other, ...inside];
}

describe('fixOf', () => {
  it.each<[string, object, string]>([
    [
      'a text for a list',
      { sources: [{ ...hub, regions: 'us-east-1' }] },
      'sources.0.regions: write a list, such as [a, b]',
    ],
    ['an empty list', { sources: [] }, 'sources: write 1 item or more'],
    ['an empty text', { stateDir: '' }, 'stateDir: write 1 character or more'],
    ['a number for a text', { owner: 1 }, 'owner: write a text, in quotes where it looks like something else'],
    ['a list for a mapping', { policy: [] }, 'policy: write a mapping, such as { key: value }'],
    ['a fraction', { policy: { removeAfterAbsences: 1.5 } }, 'policy.removeAfterAbsences: write a whole number'],
    ['a number above the limit', { policy: { maxRemovePercent: 300 } }, 'policy.maxRemovePercent: write 100 or less'],
    ['a number below the limit', { watch: { intervalSeconds: 0 } }, 'watch.intervalSeconds: write 1 or more'],
    ['an unknown word', { affinity: 'zone' }, 'affinity: write one of none, weighted, failover'],
    [
      'a source of another type',
      { sources: [{ ...hub, type: 'consul' }] },
      `sources.0.type: write one of ${typesOf(source)}`,
    ],
    ['a control plane without type', { controlPlane: {} }, `controlPlane.type: write one of ${typesOf(controlPlane)}`],
    [
      'a path without slash',
      { domains: { sd2: { healthcheck: { path: 'healthz' } } } },
      'domains.sd2.healthcheck.path: write a text that starts with /',
    ],
    [
      'a path that Kong refuses',
      { domains: { sd2: { healthcheck: { path: '/health check' } } } },
      'domains.sd2.healthcheck.path: a path as Kong takes it, such as /health: no spaces, no query, no empty segments',
    ],
    [
      'a missing field',
      { sources: [{ name: 'hub', type: 'vpc-endpoints' }] },
      'sources.0.regions: is required: the AWS regions to read, such as [us-east-1]',
    ],
    [
      'a missing address',
      { controlPlane: { type: 'dbless' } },
      "controlPlane.address: is required: the address of Kong's Admin API: https, or plain http on loopback",
    ],
  ])('names the right form instead of %s', (_, over, message) => {
    expect(messagesOf({ ...whole, ...over })).toEqual([message]);
  });

  it.each([
    ['regoins', 'regions'],
    ['Endpoint', 'endpoint'],
    ['account', 'accounts'],
    ['tag', 'tags'],
  ])('proposes for the unknown key %s the key %s', (key, meant) => {
    expect(messagesOf({ ...whole, sources: [{ ...hub, [key]: [] }] })).toEqual([
      `sources.0: unknown key (did you mean ${meant}?): correct its spelling or remove it`,
    ]);
  });

  it.each(['roles', 'x', '', 'a\nb'])('proposes nothing for the unknown key %j', (key) => {
    expect(messagesOf({ ...whole, sources: [{ ...hub, [key]: [] }] })).toEqual([
      'sources.0: unknown key: correct its spelling or remove it',
    ]);
  });

  it("never shows Zod's words or a value, whatever the mistake", () => {
    const others = [null, undefined, -1, 'S3cret value', true, [], {}, ['S3cret value']];

    const messages = others.flatMap((other) => variantsOf(whole, other)).flatMap(messagesOf);

    expect(messages.length).toBeGreaterThan(300);
    expect(messages.filter((message) => /Invalid|expected|Too (big|small)|S3cret/.test(message))).toEqual([]);
  });
});
