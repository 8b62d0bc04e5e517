import { describe, expect, it } from '@jest/globals';
import { settleClaims } from '#core/claims/settle';
import type { DomainSettings } from '#core/model';
import { renderDesired } from '#deck/desired';
import { renderText } from '#deck/file/write';
import { endpointOf, knownScope, snapshotOf } from '../../../support/builders';
import { readAsDeck } from '../../../support/deck-yaml';

const env = { DECK_KONNECT_TOKEN: 'pass #word' };

function render(over: Parameters<typeof endpointOf>[0] = {}, settings: DomainSettings = {}) {
  const { domains } = settleClaims(snapshotOf(knownScope([endpointOf(over)])));
  const text = renderText(renderDesired({ owner: 'test', domains, settings: { sd2: settings } }), {
    owner: 'test',
    controlPlaneName: 'prod',
  });
  return Object(readAsDeck(text, env));
}

const template = `$\{{ env "DECK_KONNECT_TOKEN" }}`;

describe('a text that decK would take for a template', () => {
  it.each([
    ['a host', { host: template }],
    ['a path', { paths: [`/${template}`] }],
    ['the id of an endpoint', { id: template }],
  ])('fm-50 is refused in %s, with the name of the entity', (_, over) => {
    expect(() => render(over)).toThrow(
      expect.objectContaining({ name: 'PrivatelinkError', message: expect.stringMatching(/^\w+ sd2\S* holds/) }),
    );
  });

  it('fm-50 is passed on in the configuration of a plugin', () => {
    const plugins = [{ name: 'key-auth', config: { key: template } }];

    expect(render({}, { plugins }).services[0].plugins[0].config).toEqual({ key: 'pass #word' });
  });
});

describe('control characters', () => {
  it.each([
    ['an escape code', 'a\u001b[2J'],
    ['an escape code of one character', 'a\u009b2J'],
    ['text turned round', 'a\u202eb'],
    ['invisible characters', 'a\u200b\u{e0041}b'],
    ['a line end of Unicode', 'a\u2028b'],
    ['all of them beside lines and templates', `\u001b[2J\n\u009b\u202e\t"'\n${template}`],
  ])('fm-51 are escaped in a decK file, and decK reads an equal text: %s', (_, text) => {
    const plugins = [{ name: 'key-auth', config: { [text]: text, plain: 'two\nlines' } }];
    const { domains } = settleClaims(snapshotOf(knownScope([endpointOf()])));

    const file = renderText(renderDesired({ owner: 'test', domains, settings: { sd2: { plugins } } }), {
      owner: 'test',
    });

    expect(file.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    const filled = text.replace(template, 'pass #word');
    expect(Object(readAsDeck(file, env)).services[0].plugins[0].config).toEqual({
      [filled]: filled,
      plain: 'two\nlines',
    });
  });
});

describe('the decK file', () => {
  it.each(['no', 'y', 'off', '1e3', '0x1f', '685'])('fm-57 holds the domain name %s as text', (domain) => {
    const { services, upstreams } = render({ domain });

    expect(services).toMatchObject([{ name: domain, routes: [{ name: domain }] }]);
    expect(upstreams).toMatchObject([{ name: `${domain}.privatelink` }]);
  });

  it('fm-17 names its format, select tags and control plane, and carries no ids', () => {
    const file = render();

    expect(file).toMatchObject({
      _format_version: '3.0',
      _info: { select_tags: ['kong-privatelink', 'owner:test'] },
      _konnect: { control_plane_name: 'prod' },
    });
    expect(JSON.stringify(file)).not.toContain('"id"');
  });

  it('fm-22 writes time-outs, retries and checks, so that a dead interface cannot hang requests', () => {
    const { services, upstreams } = render();

    expect(services[0]).toMatchObject({ connect_timeout: 1_000, retries: 2, host: 'sd2.privatelink' });
    expect(upstreams[0].healthchecks.active).toMatchObject({
      type: 'http',
      http_path: '/',
      unhealthy: { interval: 5, tcp_failures: 2, timeouts: 2 },
    });
    expect(upstreams[0].healthchecks.passive.unhealthy).toMatchObject({ tcp_failures: 2, timeouts: 2 });
    for (const status of [200, 404, 503, 599])
      expect(upstreams[0].healthchecks.active.healthy.http_statuses).toContain(status);
  });

  it("checks the domain's path at the domain's interval", () => {
    const { upstreams } = render({}, { healthcheck: { path: '/healthz', intervalSeconds: 2 } });

    expect(upstreams[0].healthchecks.active).toMatchObject({
      http_path: '/healthz',
      healthy: { interval: 2, http_statuses: [200, 302] },
      unhealthy: { http_failures: 2 },
    });
  });

  it('writes the settings of TLS', () => {
    const { services, upstreams } = render({ protocol: 'https', port: 443, host: 'api.sd2.example' });

    expect(services[0]).toMatchObject({ protocol: 'https', port: 443, tls_verify: false });
    expect(upstreams[0]).toMatchObject({
      host_header: 'api.sd2.example',
      healthchecks: { active: { type: 'https', https_sni: 'api.sd2.example' } },
    });
  });

  it('writes gRPC as Kong accepts it: no strip_path, no checks over HTTP/1.1', () => {
    const { services, upstreams } = render({ protocol: 'grpc' });

    expect(services[0].routes[0]).toMatchObject({ protocols: ['grpc', 'grpcs'], strip_path: false });
    expect(upstreams[0].healthchecks.active.healthy.interval).toBe(0);
    expect(services[0]).not.toHaveProperty('tls_verify');
  });

  it('tags targets with scope and endpoint, and without / or ,', () => {
    const { upstreams } = render();

    expect(upstreams[0].targets[0].tags).toEqual([
      'kong-privatelink',
      'owner:test',
      'scope:hub.self.us-east-1',
      'vpce-1',
    ]);
    expect(JSON.stringify(upstreams[0].targets)).not.toMatch(/tags":\[[^\]]*[/]/);
  });

  it('fm-16 writes an IPv6 target in brackets and in full, as Kong stores it', () => {
    const { upstreams } = render({ addresses: [{ ip: '2600:1f18::7', region: 'us-east-1' }] });

    expect(upstreams[0].targets[0].target).toBe('[2600:1f18:0000:0000:0000:0000:0000:0007]:80');
  });

  it('leaves the route to people when the route is switched off', () => {
    expect(render({}, { route: false }).services[0]).not.toHaveProperty('routes');
  });

  it('gives the plugin of the product its own domain', () => {
    const { services } = render({}, { plugins: [{ name: 'privatelink', config: {} }] });

    expect(services[0].plugins).toMatchObject([{ name: 'privatelink', enabled: true, config: { domain: 'sd2' } }]);
  });

  it('fm-25 holds below the plugin all entities that route without it', () => {
    const plugged = render({}, { plugins: [{ name: 'privatelink', config: {} }] });
    const [{ plugins, ...service }] = plugged.services;

    expect(plugins).toHaveLength(1);
    expect({ ...plugged, services: [service] }).toEqual(render());
    expect(service.host).toBe(plugged.upstreams[0].name);
    expect(plugged.upstreams[0].targets).toHaveLength(2);
  });
});
