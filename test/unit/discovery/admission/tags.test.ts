import { describe, expect, it } from '@jest/globals';
import { parseTags } from '#discovery/admission/tags';

const keys = {
  domain: 'kong:domain',
  protocol: 'kong:protocol',
  port: 'kong:port',
  host: 'kong:host',
  path: 'kong:path',
  weight: 'kong:weight',
  gateway: 'kong:gateway',
};

function parse(tags: Readonly<Record<string, string>>) {
  return parseTags(new Map(Object.entries({ 'kong:domain': 'sd2', ...tags })), keys);
}

describe('parseTags', () => {
  it('returns the defaults when only the domain is given', () => {
    expect(parse({})).toEqual({
      domain: 'sd2',
      protocol: 'http',
      port: 80,
      weight: 100,
      host: undefined,
      paths: [],
    });
  });

  it('reads every tag', () => {
    const parsed = parse({
      'kong:protocol': 'https',
      'kong:port': '8443',
      'kong:host': 'API.Example.com',
      'kong:path': '/todo  /shop/',
      'kong:weight': '0',
    });

    expect(parsed).toEqual({
      domain: 'sd2',
      protocol: 'https',
      port: 8443,
      weight: 0,
      host: 'api.example.com',
      paths: ['/todo', '/shop'],
    });
  });

  it('reads other keys when they are configured', () => {
    const parsed = parseTags(new Map([['team/domain', 'sd1']]), { ...keys, domain: 'team/domain' });

    expect(parsed).toMatchObject({ domain: 'sd1' });
  });

  it.each([
    ['http', 80],
    ['grpc', 80],
    ['https', 443],
    ['grpcs', 443],
  ])('uses the port of the protocol when %s has no port tag', (protocol, port) => {
    expect(parse({ 'kong:protocol': protocol, 'kong:host': 'a.example', 'kong:path': '/a.B' })).toMatchObject({
      protocol,
      port,
    });
  });

  it.each(['grpc', 'grpcs'])('requires a path when %s has none', (protocol) => {
    expect(parse({ 'kong:protocol': protocol, 'kong:host': 'a.example' })).toMatchObject({
      reason: 'tag kong:path is absent',
      fix: expect.stringContaining(protocol),
    });
  });

  it.each(['https', 'grpcs'])('requires a host when %s has none', (protocol) => {
    expect(parse({ 'kong:protocol': protocol })).toEqual({
      reason: 'tag kong:host is absent',
      fix: expect.stringContaining(protocol),
    });
  });

  it('accepts an address as host where TLS does not need a name', () => {
    const parsed = ['http', 'https', 'grpcs'].map((protocol) =>
      parse({ 'kong:protocol': protocol, 'kong:host': '10.0.0.1', 'kong:path': '/a.B' }),
    );

    expect(parsed).toEqual([
      expect.objectContaining({ host: '10.0.0.1' }),
      { reason: 'tag kong:host is "10.0.0.1"', fix: expect.stringContaining('use a name') },
      expect.objectContaining({ host: '10.0.0.1' }),
    ]);
  });

  it.each([
    ['kong:domain', ''],
    ['kong:domain', 'SD2'],
    ['kong:domain', '-sd2'],
    ['kong:domain', 'sd.2'],
    ['kong:domain', 'a'.repeat(64)],
    ['kong:protocol', 'tcp'],
    ['kong:protocol', 'constructor'],
    ['kong:port', '0'],
    ['kong:port', '65536'],
    ['kong:port', '80.5'],
    ['kong:port', '0x50'],
    ['kong:weight', '-1'],
    ['kong:weight', '65536'],
    ['kong:host', 'https://api.example'],
    ['kong:host', 'api.example:443'],
    ['kong:host', `${'a.'.repeat(127)}a`],
    ['kong:host', '65535'],
    ['kong:host', '10.0.0.300'],
    ['kong:host', '1.2.3.4.5'],
    ['kong:path', 'todo'],
    ['kong:path', '/todo,/shop'],
    ['kong:path', '/todo ~/shop'],
    ['kong:path', '/to[do]'],
    ['kong:path', '/todo?x=1'],
    ['kong:path', '//'],
    ['kong:path', '/todo//'],
    ['kong:path', '/todo/../shop'],
    ['kong:path', '/todo/.'],
    ['kong:path', '/%74odo'],
    ['kong:path', Array.from({ length: 21 }, (_, index) => `/p${index}`).join(' ')],
  ])('fm-11 names the tag, its value and the fix when %s is %j', (key, value) => {
    const parsed = parse({ [key]: value });

    expect(parsed).toEqual({
      reason: `tag ${key} is ${JSON.stringify(value)}`,
      fix: expect.stringMatching(/^use .+/),
    });
  });

  it('returns a path once when it is written twice', () => {
    expect(parse({ 'kong:path': '/todo /todo/ /' })).toMatchObject({ paths: ['/todo', '/'] });
  });

  it('takes an empty tag for an absent tag when the tag has a default', () => {
    expect(parse({ 'kong:port': ' ', 'kong:path': '' })).toMatchObject({ port: 80, paths: [] });
  });
});
