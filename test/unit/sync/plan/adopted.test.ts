import { beforeEach, describe, expect, it } from '@jest/globals';
import type { DomainSettings, JsonObject } from '#core/model';
import { adoptedTags } from '#deck/adopted';
import type { Entity, HeldEntity, Kind } from '#deck/document';
import { targetKey } from '#deck/keys';
import { selectTags } from '#deck/tags';
import { endpointOf, knownScope, unknownScope } from '../../../support/builders';
import { createPasses, type Passes } from '../../../support/passes';

const own = adoptedTags('sd2', selectTags('test'));
const sd2 = endpointOf({ host: 'payments.example' });

let passes: Passes;

/** Puts an adopted entity of people into the control plane. */
function hold(kind: Kind, key: string, fields: JsonObject, over: Partial<Entity> = {}): HeldEntity {
  const entity = {
    kind,
    key,
    domain: 'sd2',
    fields,
    tags: [...own, 'team:payments'].sort(),
    id: `id of ${key}`,
    ...over,
  };
  passes.plane.entities.set(`${kind}:${key}`, entity);
  return entity;
}

const serviceFields = {
  name: 'payments-api',
  protocol: 'http',
  host: 'vpce-1.example',
  port: 80,
  read_timeout: 9_000,
  path: '/v1',
};
const routeFields = { name: 'pay', paths: ['/pay'], strip_path: false, protocols: ['https'] };

function open(settings: DomainSettings, over: Parameters<typeof createPasses>[0] = {}): void {
  passes = createPasses({ settings: { sd2: settings }, ...over });
}

const entity = (name: string) => passes.plane.entities.get(name);
const adopted = { service: 'payments-api', routes: ['pay'] };

beforeEach(() => {
  open({ adopted });
});

describe('an adopted domain', () => {
  beforeEach(() => {
    hold('service', 'payments-api', serviceFields);
    hold('route', 'pay', routeFields, { parent: 'payments-api' });
  });

  it('gets an upstream without health checks, its service leads there, and everything else stays', async () => {
    const before = entity('route:pay');

    await passes.pass(knownScope([sd2]));

    expect(passes.plane.writes).toEqual([
      'create upstream sd2.privatelink',
      'create target sd2.privatelink|10.0.1.11:80',
      'create target sd2.privatelink|10.0.2.11:80',
      'update service payments-api',
    ]);
    expect(entity('service:payments-api')).toMatchObject({
      id: 'id of payments-api',
      fields: { ...serviceFields, host: 'sd2.privatelink' },
    });
    expect([...(entity('service:payments-api')?.tags ?? [])].sort()).toEqual([...own, 'team:payments'].sort());
    expect(entity('upstream:sd2.privatelink')?.fields).toMatchObject({
      host_header: 'payments.example',
      healthchecks: {
        active: { healthy: { interval: 0 }, unhealthy: { interval: 0 } },
        passive: { unhealthy: { tcp_failures: 0 } },
      },
    });
    expect(entity('route:pay')).toBe(before);
  });

  it('needs no change in the next pass, even after a person changed a time-out', async () => {
    await passes.pass(knownScope([sd2]));
    hold('service', 'payments-api', { ...serviceFields, host: 'sd2.privatelink', read_timeout: 1 });
    passes.plane.writes.length = 0;

    const report = await passes.pass(knownScope([sd2]));

    expect(passes.plane.writes).toEqual([]);
    expect(report).toMatchObject({ changes: [], kept: [] });
  });

  it('keeps its routes unchanged while its endpoints are not seen', async () => {
    await passes.pass(knownScope([sd2]));
    passes.plane.writes.length = 0;

    await passes.pass(unknownScope());
    await passes.pass(knownScope([]));

    expect(passes.plane.writes).toEqual([]);
  });

  it('gets the configured health check and plugin', async () => {
    open({ adopted, healthcheck: { path: '/up' }, plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] });
    hold('service', 'payments-api', serviceFields);

    await passes.pass(knownScope([sd2]));

    expect(entity('upstream:sd2.privatelink')?.fields).toMatchObject({
      healthchecks: { active: { http_path: '/up' } },
    });
    expect(entity('plugin:payments-api|rate-limiting')).toMatchObject({ parent: 'payments-api', domain: 'sd2' });
  });

  it('loses a plugin that the configuration does not list any more', async () => {
    const plugins = [{ name: 'rate-limiting', config: { minute: 5 } }];
    open({ adopted, plugins });
    hold('service', 'payments-api', serviceFields);
    await passes.pass(knownScope([sd2]));
    const before = [...passes.plane.entities];
    open({ adopted, plugins: [] });
    for (const [name, one] of before) passes.plane.entities.set(name, one);

    await passes.pass(knownScope([sd2]));

    expect(passes.plane.writes).toEqual(['delete plugin payments-api|rate-limiting']);
  });

  it('owns the paths of its routes: no tag claims them', async () => {
    const other = endpointOf({ id: 'vpce-2', domain: 'sd3', paths: ['/pay'], grantedPaths: ['/pay'] });

    const report = await passes.pass(knownScope([sd2, other]));

    expect(report.quarantined).toMatchObject([{ endpointId: 'vpce-2', domain: 'sd3' }]);
    expect(entity('route:sd3')).toBeUndefined();
  });

  it('claims no path with its own name', async () => {
    const other = endpointOf({ id: 'vpce-2', domain: 'sd3', paths: ['/sd2'], grantedPaths: ['/sd2'] });
    open({ adopted }, { settings: { sd2: { adopted } } });
    hold('service', 'payments-api', serviceFields);

    await passes.pass(knownScope([sd2, other]));

    expect(entity('route:sd2')).toBeUndefined();
  });
});

describe('an adopted upstream of people', () => {
  const upstream = { name: 'payments-up', algorithm: 'round-robin', healthchecks: { threshold: 5 }, host_header: null };
  const withUpstream = { ...adopted, upstream: 'payments-up' };

  beforeEach(() => {
    open({ adopted: withUpstream });
    hold('service', 'payments-api', { ...serviceFields, host: 'payments-up' });
    hold('route', 'pay', routeFields, { parent: 'payments-api' });
    hold('upstream', 'payments-up', upstream);
  });

  it('keeps its name and settings, and gets the targets', async () => {
    await passes.pass(knownScope([endpointOf()]));

    expect(passes.plane.writes).toEqual([
      'create target payments-up|10.0.1.11:80',
      'create target payments-up|10.0.2.11:80',
      // Its tags include the account of its endpoints.
      'update upstream payments-up',
    ]);
    expect(entity('upstream:payments-up')).toMatchObject({
      fields: upstream,
      tags: expect.arrayContaining(['team:payments']),
    });
    expect(entity('target:payments-up|10.0.1.11:80')).toMatchObject({ domain: 'sd2', parent: 'payments-up' });
  });

  it('loses an address that AWS reports as deleted, and no other', async () => {
    const second = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });
    await passes.pass(knownScope([endpointOf(), second]));
    passes.plane.writes.length = 0;

    await passes.pass(knownScope([endpointOf(), { ...second, state: 'deleted' }]));

    expect(passes.plane.writes).toEqual(['delete target payments-up|10.0.3.11:80']);
  });

  it('gets the name for the resolver, under round-robin', async () => {
    open({ adopted: withUpstream, via: 'resolver' }, { via: { via: 'addresses', suffix: 'privatelink.internal' } });
    hold('service', 'payments-api', { ...serviceFields, host: 'payments-up' });
    hold('upstream', 'payments-up', { ...upstream, algorithm: 'consistent-hashing' });
    hold(
      'target',
      targetKey('payments-up', '10.0.1.11:80'),
      { target: '10.0.1.11:80', weight: 100 },
      {
        parent: 'payments-up',
        tags: [...own, 'scope:hub.self.us-east-1', 'vpce-1'].sort(),
      },
    );

    await passes.pass(knownScope([endpointOf()]));

    expect([...passes.plane.entities.keys()].filter((name) => name.startsWith('target:'))).toEqual([
      'target:payments-up|_http._tcp.sd2.privatelink.internal:80',
    ]);
    expect(entity('upstream:payments-up')?.fields).toMatchObject({ ...upstream, algorithm: 'round-robin' });
  });
});

describe('an adoption that the control plane holds and no file names', () => {
  const theirs = { service: 'payments-api', upstream: 'payments-up', routes: ['pay'] };

  async function forget(settings: Readonly<Record<string, DomainSettings>>): Promise<void> {
    open({ adopted: theirs });
    hold('service', 'payments-api', { ...serviceFields, host: 'payments-up' });
    hold('route', 'pay', routeFields, { parent: 'payments-api' });
    hold('upstream', 'payments-up', { name: 'payments-up', algorithm: 'consistent-hashing' });
    await passes.pass(knownScope([endpointOf()]));
    const before = [...passes.plane.entities];
    passes = createPasses({ settings });
    for (const [name, one] of before) passes.plane.entities.set(name, one);
  }

  it.each([
    ['no file names the domain', {}],
    ['its route is switched off', { sd2: { route: false } }],
  ])('keeps its targets current, and gets no second service, where %s', async (_, settings) => {
    await forget(settings);
    const recreated = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });

    for (let pass = 0; pass < 4; pass += 1) {
      passes.clock.advance(120_000);
      await passes.pass(knownScope([endpointOf()]));
    }
    expect(passes.plane.writes).toEqual([]);
    const report = await passes.pass(knownScope([{ ...endpointOf(), state: 'deleted' }, recreated]));

    expect(passes.plane.writes).toEqual([
      'create target payments-up|10.0.3.11:80',
      'delete target payments-up|10.0.1.11:80',
      'delete target payments-up|10.0.2.11:80',
    ]);
    expect(report.warnings).toEqual([
      expect.stringMatching(
        /domain sd2 was adopted .* the configuration does not name it under adopted: .* adopt --release sd2/,
      ),
    ]);
  });

  it('belongs to another domain, if a file names its service there', async () => {
    await forget({ sd3: { adopted: theirs } });

    const report = await passes.pass(knownScope([endpointOf({ domain: 'sd3' })]));

    expect(entity('service:payments-api')).toMatchObject({ domain: 'sd3' });
    expect(report.kept).toEqual([]);
  });
});

describe('an adopted service that the control plane does not hold as ours', () => {
  it('is not created, nor a plugin for all requests, and the report names the way to adopt it', async () => {
    open({ adopted, plugins: [{ name: 'rate-limiting', config: {} }] });

    const report = await passes.pass(knownScope([sd2]));

    expect(passes.plane.writes).toEqual([
      'create upstream sd2.privatelink',
      'create target sd2.privatelink|10.0.1.11:80',
      'create target sd2.privatelink|10.0.2.11:80',
    ]);
    expect(report.kept.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        /names service payments-api, which does not carry this owner's tags: kong-privatelink adopt --apply sd2/,
      ),
      expect.stringMatching(/names route pay/),
    ]);
  });
});
