import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { Kind } from '#deck/document';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { bodyOf } from '#sync/control-planes/kong-api/entities';
import { planOnce } from '#sync/pass/plan-once';
import { signal, token } from '../../support/control-planes/konnect';
import { createMemoryControlPlane } from '../../support/control-planes/memory';
import { loadOpenApi } from '../../support/control-planes/openapi';
import { estates, passOf, readExample } from '../../support/examples';

const openapi = loadOpenApi();
if (!openapi) {
  process.stderr.write(
    'skipped: the stand-in is not checked against Konnect’s OpenAPI; put it at ../shared/konnect/openapi.yaml beside the repository to do so\n',
  );
}

const [serviceId, routeId, upstreamId, targetId, pluginId, consumerId, absentId] = [1, 2, 3, 4, 5, 6, 7].map(
  (digit) => `00000000-0000-4000-8000-00000000000${digit}`,
);
const lua_schema = 'return { name = "privatelink", fields = {} }';

const customPlugin = { name: 'privatelink-zone', handler: 'return {}', schema: 'return { fields = {} }' };

/**
 * Ordered so that earlier calls create the entities of later calls. `{…}` of the template is filled
 * from the path.
 */
const calls = [
  ['PUT', `services/${serviceId}`, 'services/{ServiceId}', { name: 'sd2', host: 'sd2.privatelink', tags: ['a'] }],
  ['GET', `services/${serviceId}`, 'services/{ServiceId}'],
  ['GET', 'services', 'services'],
  ['POST', 'services', 'services', { name: 'other', host: 'other.test', tls_verify: true, protocol: 'https' }],
  ['GET', 'services?size=1', 'services'],
  ['PUT', `routes/${routeId}`, 'routes/{RouteId}', { name: 'sd2', paths: ['/sd2'], service: { id: serviceId } }],
  ['GET', `routes/${routeId}`, 'routes/{RouteId}'],
  ['GET', 'routes', 'routes'],
  ['PUT', `upstreams/${upstreamId}`, 'upstreams/{UpstreamId}', { name: 'sd2.privatelink', host_header: null }],
  ['GET', `upstreams/${upstreamId}`, 'upstreams/{UpstreamId}'],
  ['GET', 'upstreams', 'upstreams'],
  [
    'PUT',
    `upstreams/${upstreamId}/targets/${targetId}`,
    'upstreams/{UpstreamIdForTarget}/targets/{TargetId}',
    { target: '10.0.0.1:80', weight: 5, tags: ['a'] },
  ],
  [
    'POST',
    `upstreams/${upstreamId}/targets`,
    'upstreams/{UpstreamIdForTarget}/targets',
    { target: '[2001:db8::1]:80' },
  ],
  ['GET', `upstreams/${upstreamId}/targets?size=1`, 'upstreams/{UpstreamIdForTarget}/targets'],
  ['GET', `upstreams/${upstreamId}/targets/${targetId}`, 'upstreams/{UpstreamIdForTarget}/targets/{TargetId}'],
  ['GET', 'targets?size=1', 'targets'],
  ['PUT', `consumers/${consumerId}`, 'consumers/{ConsumerId}', { username: 'bob' }],
  ['GET', 'consumers', 'consumers'],
  ['POST', 'plugin-schemas', 'plugin-schemas', { lua_schema }],
  ['PUT', 'plugin-schemas/privatelink', 'plugin-schemas/{name}', { lua_schema }],
  ['GET', 'plugin-schemas/privatelink', 'plugin-schemas/{name}'],
  ['GET', 'plugin-schemas/absent', 'plugin-schemas/{name}'],
  ['GET', 'plugin-schemas', 'plugin-schemas'],
  ['POST', 'custom-plugins', 'custom-plugins', { ...customPlugin, name: 'own' }],
  ['PUT', 'custom-plugins/privatelink-zone', 'custom-plugins/{CustomPluginId}', customPlugin],
  ['GET', 'custom-plugins/privatelink-zone', 'custom-plugins/{CustomPluginId}'],
  ['GET', 'custom-plugins/absent', 'custom-plugins/{CustomPluginId}'],
  ['GET', 'custom-plugins', 'custom-plugins'],
  ['POST', 'plugins', 'plugins', { name: 'privatelink-zone', config: { domain: 'sd2' } }],
  ['DELETE', 'custom-plugins/own', 'custom-plugins/{CustomPluginId}'],
  [
    'PUT',
    `plugins/${pluginId}`,
    'plugins/{PluginId}',
    { name: 'privatelink', service: { id: serviceId }, config: { domain: 'sd2' } },
  ],
  ['POST', 'plugins', 'plugins', { name: 'key-auth' }],
  ['GET', 'schemas/plugins/rate-limiting', 'schemas/plugins/{pluginName}'],
  ['GET', 'schemas/plugins/privatelink', 'schemas/plugins/{pluginName}'],
  ['GET', 'plugins', 'plugins'],
  ['GET', `plugins/${absentId}`, 'plugins/{PluginId}'],
  ['DELETE', `plugins/${pluginId}`, 'plugins/{PluginId}'],
  ['DELETE', 'plugin-schemas/privatelink', 'plugin-schemas/{name}'],
  ['DELETE', `upstreams/${upstreamId}/targets/${targetId}`, 'upstreams/{UpstreamIdForTarget}/targets/{TargetId}'],
  ['DELETE', `upstreams/${upstreamId}`, 'upstreams/{UpstreamId}'],
  ['DELETE', `routes/${routeId}`, 'routes/{RouteId}'],
  ['DELETE', `services/${absentId}`, 'services/{ServiceId}'],
] as const;

const entityTemplates: Readonly<Record<Kind, string>> = {
  service: 'services/{ServiceId}',
  route: 'routes/{RouteId}',
  upstream: 'upstreams/{UpstreamId}',
  target: 'upstreams/{UpstreamIdForTarget}/targets/{TargetId}',
  plugin: 'plugins/{PluginId}',
};

/** Jest takes a parameter without a value for its `done`. */
const rows = calls.map(([method, path, template, sent]) => ({ method, path, template, sent }));

(openapi ? describe : describe.skip)('the stand-in’s answers against Konnect’s OpenAPI', () => {
  let konnect: Konnect;
  let plane: string;

  beforeAll(async () => {
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod' }], token });
    const { data } = await call<{ data: { id: string }[] }>('GET', '/v2/control-planes').then((answer) => answer.body);
    plane = `/v2/control-planes/${data[0]?.id}`;
  });

  afterAll(() => konnect.close());

  async function call<T = unknown>(method: string, path: string, options: { sent?: object; as?: string } = {}) {
    const answer = await request(konnect.url + path, {
      method: method as 'GET',
      headers: { authorization: `Bearer ${options.as ?? token}` },
      body: options.sent && JSON.stringify(options.sent),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  it.each(rows)('holds for $method $path', async ({ method, path, template, sent }) => {
    const answer = await call(method, `${plane}/core-entities/${path}`, { sent });

    const operation = { method, template: `/control-planes/{controlPlaneId}/core-entities/${template}` };
    expect(openapi?.check(operation, answer)).toEqual([]);
  });

  it.each([
    ...['acls', 'basic-auths', 'ca_certificates', 'certificates', 'consumer_groups', 'hmac-auths', 'jwts', 'key-auths'],
    ...['key-sets', 'keys', 'mtls-auths', 'partials', 'snis', 'vaults'],
  ])('holds for the list of %s, which decK reads', async (kind) => {
    const answer = await call('GET', `${plane}/core-entities/${kind}?size=1000&tags=a,b`);

    const operation = { method: 'GET', template: `/control-planes/{controlPlaneId}/core-entities/${kind}` };
    expect(answer.status).toBe(200);
    expect(openapi?.check(operation, answer)).toEqual([]);
  });

  it.each(['services', 'targets', 'plugin-schemas'])('holds for a wrong token at %s', async (path) => {
    const answer = await call('GET', `${plane}/core-entities/${path}`, { as: 'wrong' });

    const operation = { method: 'GET', template: `/control-planes/{controlPlaneId}/core-entities/${path}` };
    expect(answer.status).toBe(401);
    expect(openapi?.check(operation, answer)).toEqual([]);
  });

  it.each(['nodes', 'expected-config-hash'])('holds for %s', async (path) => {
    konnect.reportNode('prod', { id: absentId ?? '', hostname: 'dp-1', configHash: konnect.configHash('prod') });

    const answer = await call('GET', `${plane}/${path}`);

    expect(openapi?.check({ method: 'GET', template: `/control-planes/{controlPlaneId}/${path}` }, answer)).toEqual([]);
  });

  it.each(estates)('holds for the body of every call of example %s', async (name) => {
    const example = readExample(name);
    const plane = createMemoryControlPlane(example.config.owner);
    const { report } = await planOnce(passOf(example, plane), signal);

    const checked = report.changes.map((change) => {
      const template = `/control-planes/{controlPlaneId}/core-entities/${entityTemplates[change.kind]}`;
      return openapi?.checkBody({ method: 'PUT', template }, bodyOf(change));
    });

    expect(checked).not.toEqual([]);
    expect(checked.flat()).toEqual([]);
  });

  it('finds the mistake in a wrong answer', () => {
    const operation = { method: 'GET', template: '/control-planes/{controlPlaneId}/core-entities/services' };
    const service = { protocol: 'smtp', port: '80', retries: -1, extra: 1 };

    expect(openapi?.check(operation, { status: 200, body: { data: [service] } })).toEqual([
      '$.data[0].host: missing',
      '$.data[0].protocol: "smtp" is not listed',
      '$.data[0].port: "80" is no integer',
      '$.data[0].retries: -1 is out of range',
      '$.data[0].extra: not documented',
    ]);
  });

  it('finds the mistake in a wrong body', () => {
    const operation = { method: 'PUT', template: '/control-planes/{controlPlaneId}/core-entities/targets' };
    const template = `/control-planes/{controlPlaneId}/core-entities/${entityTemplates.target}`;

    expect(openapi?.checkBody({ ...operation, template }, { weight: '100', zone: 'use1-az1' })).toEqual([
      '$.target: missing',
      '$.weight: "100" is no integer',
      '$.zone: not documented',
    ]);
    expect(openapi?.checkBody(operation, {})).toEqual([`PUT ${operation.template}: takes no body`]);
  });
});
