import { describe, expect, it } from '@jest/globals';
import { configSchema, type StaticConfig } from '#config/schema';
import { createStaticSource } from '#discovery/providers/static';
import { firstOf } from '../../../support/sources';

const signal = new AbortController().signal;

type Over = Readonly<Record<string, unknown>>;

function parse(entries: readonly Over[], over: Over = {}) {
  return configSchema.safeParse({
    owner: 'test',
    sources: [{ type: 'static', name: 'legacy', endpoints: entries, ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
}

function discover(entries: readonly Over[], over: Over = {}) {
  const source = createStaticSource(parse(entries, over).data?.sources[0] as StaticConfig);
  return firstOf(source).discover(signal);
}

const plain = { domain: 'sd9', addresses: ['10.9.1.11'] };

describe('createStaticSource', () => {
  it.each([
    [{}, 'legacy.static.none'],
    [{ region: 'us-east-1' }, 'legacy.static.us-east-1'],
  ])('has one scope with %j: %s', async (over, id) => {
    const { endpoints } = await discover([plain], over);

    expect(endpoints.map(({ scopeId }) => scopeId)).toEqual([id]);
  });

  it('returns each entry as an available endpoint with the defaults of its protocol', async () => {
    const { endpoints, quarantined } = await discover([{ ...plain, protocol: 'https', host: 'Legacy.example' }]);

    expect(quarantined).toEqual([]);
    expect(endpoints).toEqual([
      {
        id: expect.stringMatching(/^static-sd9-0-[0-9a-f]{12}$/),
        scopeId: 'legacy.static.none',
        domain: 'sd9',
        state: 'available',
        createdAtMs: 0,
        protocol: 'https',
        port: 443,
        host: 'legacy.example',
        paths: [],
        grantedPaths: [],
        weight: 100,
        dnsNames: [],
        addresses: [{ ip: '10.9.1.11', region: 'none' }],
      },
    ]);
  });

  it('spells IPv6 in full, each address once, in order', async () => {
    const { endpoints } = await discover([{ ...plain, addresses: ['fd00::1', '10.9.1.11', 'FD00:0::1'] }]);

    expect(endpoints[0]?.addresses.map(({ ip }) => ip)).toEqual([
      '10.9.1.11',
      'fd00:0000:0000:0000:0000:0000:0000:0001',
    ]);
  });

  it('keeps the id of an entry whose settings and addresses change', async () => {
    const before = await discover([plain]);
    const after = await discover([
      { domain: 'sd8', addresses: ['10.8.1.11'] },
      { ...plain, port: 8080, addresses: ['10.9.1.12'] },
    ]);

    expect(after.endpoints.find(({ domain }) => domain === 'sd9')?.id).toBe(before.endpoints[0]?.id);
  });

  it('gives entries of one domain, and of two sources, distinct ids that fit into a tag', async () => {
    const longest = { ...plain, domain: 'd'.repeat(63) };
    const { endpoints } = await discover([longest, longest]);
    const other = await discover([longest], { name: 'l'.repeat(63) });

    const ids = [...endpoints, ...other.endpoints].map(({ id }) => id);
    expect(new Set(ids).size).toBe(3);
    expect(ids.filter((id) => id.length > 128 || /[/,]/.test(id))).toEqual([]);
  });

  it.each([
    ['domain-not-allowed', {}, { allow: { domains: ['sd1'] } }, 'domain sd9'],
    ['path-not-allowed', { paths: ['/'] }, {}, 'path /'],
    ['bad-tag', { paths: ['/a/../b'] }, {}, 'paths is "/a/../b"'],
    ['bad-tag', { protocol: 'https' }, {}, 'host is absent'],
  ])('quarantines an entry (%s), and the rest goes on', async (code, entry, over, reason) => {
    const { endpoints, quarantined } = await discover(
      [
        { ...plain, ...entry },
        { domain: 'sd1', addresses: ['10.1.1.1'] },
      ],
      over,
    );

    expect(endpoints.map(({ domain }) => domain)).toEqual(['sd1']);
    expect(quarantined).toMatchObject([{ code, reason: expect.stringContaining(reason) }]);
  });

  it('accepts / where the source allows it', async () => {
    const { endpoints } = await discover([{ ...plain, paths: ['/'] }], { allow: { paths: ['/'] } });

    expect(endpoints).toMatchObject([{ paths: ['/'], grantedPaths: ['/'] }]);
  });

  it.each([
    [{ addresses: ['api.example.com'] }, 'an IP address; for a host name use a source of type dns'],
    [{ addresses: ['10.0.0.999'] }, 'an IP address; for a host name use a source of type dns'],
    [{ addresses: [] }, 'expected array to have >=1 items'],
    [{ paths: ['/a b'] }, 'a path without spaces'],
    [{ port: 0 }, '>=1'],
  ])('refuses %j in the configuration', (entry, message) => {
    const { error } = parse([{ ...plain, ...entry }]);

    expect(error?.issues).toMatchObject([{ message: expect.stringContaining(message) }]);
  });

  it.each(['us/east', 'a,b', 'R'.repeat(40)])('refuses the region %s, because no tag can hold it', (region) => {
    expect(parse([plain], { region }).error?.issues).toMatchObject([{ path: ['sources', 0, 'region'] }]);
  });
});
