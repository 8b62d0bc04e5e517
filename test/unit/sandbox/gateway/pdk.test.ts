import { describe, expect, it } from '@jest/globals';
import { emptyConfig, upstream } from '#sandbox/gateway/entities';
import { createPdk } from '#sandbox/gateway/pdk';
import type { Routing } from '#sandbox/gateway/proxy/routing';

function startRouting(): Routing {
  return { host: 'sd2.privatelink', port: 80, headers: { accept: '*/*' }, chosenBy: 'balancer' };
}

const named = { ...upstream.parse({ id: 'u', name: 'use1-az1.sd2.privatelink' }), targets: [] };
const config = { ...emptyConfig, upstreams: new Map([[named.name, named]]) };

describe('createPdk', () => {
  it.each([
    [
      'set_target overwrites Host with the address alone',
      [['kong.service.set_target', ['127.20.1.11', 8080]]],
      { host: '127.20.1.11', port: 8080, hostHeader: '127.20.1.11', chosenBy: 'plugin' },
    ],
    [
      'set_header after set_target decides Host',
      [
        ['kong.service.set_target', ['127.20.1.11', 8080]],
        ['kong.service.request.set_header', ['Host', 'sd2.example:8080']],
      ],
      { host: '127.20.1.11', hostHeader: 'sd2.example:8080' },
    ],
    [
      'set_target after set_header takes Host back',
      [
        ['kong.service.request.set_header', ['Host', 'sd2.example']],
        ['kong.service.set_target', ['127.20.1.11', 8080]],
      ],
      { hostHeader: '127.20.1.11' },
    ],
    [
      'set_header replaces a header whatever its case',
      [['kong.service.request.set_header', ['Accept', 'text/plain']]],
      { headers: { accept: 'text/plain' }, chosenBy: 'balancer' },
    ],
    [
      'set_upstream changes the upstream only',
      [['kong.service.set_upstream', ['use1-az1.sd2.privatelink']]],
      { ...startRouting(), host: 'use1-az1.sd2.privatelink', chosenBy: 'plugin' },
    ],
    [
      'the first exit wins',
      [
        ['kong.response.exit', [503, 'no', { 'X-Why': 'test' }]],
        ['kong.response.exit', [200, null, null]],
      ],
      { exit: { status: 503, body: 'no', headers: { 'X-Why': 'test' } } },
    ],
    ['a log line changes nothing', [['kong.log.err', ['words']]], startRouting()],
  ] as const)('%s', async (_, calls, expected) => {
    const routing = startRouting();
    const pdk = createPdk(routing, config);

    for (const [method, args] of calls) await pdk(method, args);

    expect(routing).toMatchObject(expected);
  });

  it.each([
    ['kong.service.set_upstream', ['missing'], "could not find an Upstream named 'missing'"],
    ['kong.service.set_target', ['127.20.1.11', 70_000], 'kong.service.set_target'],
    ['kong.service.set_target', ['127.20.1.11', '80'], 'kong.service.set_target'],
    ['kong.client.get_ip', [], 'kong.client.get_ip'],
    ['constructor', [], 'constructor'],
  ])('rejects %s %j with its reason and does not change the request', async (method, args, message) => {
    const routing = startRouting();

    await expect(createPdk(routing, config)(method, args)).rejects.toThrow(message);
    expect(routing).toEqual(startRouting());
  });
});
