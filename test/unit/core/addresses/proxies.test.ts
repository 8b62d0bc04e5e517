import { describe, expect, it } from '@jest/globals';
import { proxyFor } from '#core/addresses/proxies';

const proxy = 'http://proxy.example:3128';

function wayTo(url: string, env: Readonly<Record<string, string>>): unknown {
  const { protocol, hostname: host, port } = new URL(url);
  const found = proxyFor({ protocol: protocol as 'https:', host, port: Number(port) || 443 }, env);
  return found && 'url' in found ? `${found.variable} ${found.url.origin}` : found;
}

describe('proxyFor', () => {
  it.each([
    ['nothing', {}, undefined],
    ['HTTPS_PROXY', { HTTPS_PROXY: proxy }, `HTTPS_PROXY ${proxy}`],
    ['https_proxy', { https_proxy: proxy }, `https_proxy ${proxy}`],
    ['both', { HTTPS_PROXY: 'http://other.example:1', https_proxy: proxy }, `https_proxy ${proxy}`],
    ['an empty one', { HTTPS_PROXY: proxy, https_proxy: '' }, undefined],
    ['HTTP_PROXY alone, as for curl and decK', { HTTP_PROXY: proxy }, undefined],
    ['a host and a port alone', { HTTPS_PROXY: 'proxy.example:3128' }, `HTTPS_PROXY ${proxy}`],
    ['a proxy that speaks TLS', { HTTPS_PROXY: 'https://proxy.example' }, 'HTTPS_PROXY https://proxy.example'],
  ])('fm-60 finds for https the right proxy: %s', (_, env: Readonly<Record<string, string>>, expected) => {
    expect(wayTo('https://konnect.example', env)).toBe(expected);
  });

  it('fm-60 uses HTTP_PROXY for plain http', () => {
    expect(wayTo('http://ec2.example:80', { HTTP_PROXY: proxy, HTTPS_PROXY: 'x' })).toBe(`HTTP_PROXY ${proxy}`);
  });

  it.each(['socks5://proxy.example', 'http://', 'http://user:geheim@:80'])(
    'fm-60 names the right form instead of %s, and does not show the value',
    (text) => {
      expect(wayTo('https://konnect.example', { HTTPS_PROXY: text })).toEqual({
        reason: 'HTTPS_PROXY names no HTTP proxy',
        fix: 'write HTTPS_PROXY as http://HOST:PORT, or unset it',
      });
    },
  );

  it.each(['#', '/', '?'])('fm-60 shows no part of a password with %s, which ends the host', (character) => {
    const text = `http://bob:1234${character}geheim@proxy.example:3128`;

    expect(wayTo('https://konnect.example', { HTTPS_PROXY: text })).toEqual({
      reason: 'HTTPS_PROXY has a user or password with / ? or # in it, where the name of the proxy should begin',
      fix: 'write what is no letter or digit in them as %XX, such as %2F %3F %23',
    });
  });

  it('fm-60 ignores a path after a proxy, as curl and Go do', () => {
    expect(wayTo('https://konnect.example', { HTTPS_PROXY: `${proxy}/a?b#c` })).toBe(`HTTPS_PROXY ${proxy}`);
  });

  it.each([
    'http://0.0.0.0:8001',
    'http://[::]:8001',
    'http://2130706433',
    'http://0xa9fea9fe',
    'http://169.254.169.254.',
    'http://[::ffff:169.254.169.254]',
    'http://127.0.0.1:8001',
    'http://127.9.9.9',
    'http://localhost:8001',
    'http://[::1]:8001',
    'http://[::ffff:127.0.0.1]',
    'http://169.254.169.254',
    'http://169.254.170.2',
    'http://169.254.170.23',
    'http://[fd00:ec2::254]',
    'http://169.254.1.1',
    'http://[fe80::1]',
  ])('fm-60 is never used for %s', (url) => {
    expect(wayTo(url, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy })).toBeUndefined();
  });

  it.each([
    ['*', 'https://a.example', true],
    ['a.example', 'https://a.example', true],
    ['A.Example', 'https://a.example', true],
    ['a.example', 'https://a.example.', true],
    ['b.example, a.example', 'https://a.example', true],
    ['b.example a.example', 'https://a.example', true],
    ['example', 'https://a.example', true],
    ['.example', 'https://a.example', true],
    ['*.example', 'https://a.example', true],
    ['xample', 'https://a.example', false],
    ['a.example:443', 'https://a.example', true],
    ['a.example:8443', 'https://a.example', false],
    ['10.0.0.0/8', 'https://10.1.2.3:8444', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://a.example', false],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3:443', 'https://10.1.2.3', true],
    ['2.3', 'https://10.1.2.3', false],
    ['fd00::/8', 'https://[fd00::7]', true],
    ['fd00:0::7', 'https://[fd00::7]', true],
    ['[fd00::7]', 'https://[fd00::7]', true],
    ['[fd00::7]:443', 'https://[fd00::7]', true],
    ['[fd00::7]:444', 'https://[fd00::7]', false],
    ['', 'https://a.example', false],
  ])('fm-60 NO_PROXY=%s and %s: without a proxy is %s', (noProxy, url, isDirect) => {
    const expected = isDirect ? undefined : `HTTPS_PROXY ${proxy}`;

    expect(wayTo(url, { HTTPS_PROXY: proxy, NO_PROXY: noProxy })).toBe(expected);
    expect(wayTo(url, { HTTPS_PROXY: proxy, NO_PROXY: '*', no_proxy: noProxy })).toBe(expected);
  });
});
