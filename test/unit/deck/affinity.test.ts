import { describe, expect, it } from '@jest/globals';
import type { Domain } from '#core/claims/settle';
import type { Target } from '#core/model';
import { domainOfUpstream, upstreamName, zoneOfUpstream, zoneUpstreamName } from '#core/names';
import { type DesiredInput, renderDesired } from '#deck/desired';
import type { Document } from '#deck/document';
import { isGuard } from '#deck/keys';

function targetOf(ip: string, zoneId: string | undefined, weight = 100): Target {
  const region = zoneId?.startsWith('usw2') ? 'us-west-2' : 'us-east-1';
  return { ip, port: 80, region, zoneId, weight, endpointId: 'vpce-1', scopeId: 'hub.self.us-east-1' };
}

const two = [targetOf('10.0.1.1', 'use1-az1'), targetOf('10.0.2.1', 'use1-az2')];

function render(targets: readonly Target[], over: Partial<DesiredInput> = {}): Document {
  const domain: Domain = { name: 'sd2', protocol: 'http', paths: ['/sd2'], stripPath: true, targets };
  return renderDesired({ owner: 'test', domains: [domain], settings: {}, ...over });
}

function upstreamsOf(document: Document): readonly string[] {
  return document.filter((one) => one.kind === 'upstream').map((one) => one.key);
}

/** Weight by address in the upstream of the zone. `f` after the weight: only for failover. */
function weightsOf(document: Document, zone: string): Readonly<Record<string, string>> {
  const targets = document.filter((one) => one.parent === `${zone}.sd2.privatelink`);
  return Object.fromEntries(
    targets.map(({ fields }) => [String(fields.target).slice(0, -3), `${fields.weight}${fields.failover ? 'f' : ''}`]),
  );
}

describe('zone upstreams', () => {
  it('do not exist without affinity', () => {
    expect(upstreamsOf(render(two))).toEqual(['sd2.privatelink']);
    expect(render(two, { affinity: 'none' })).toEqual(render(two));
  });

  it('exist for each zone with a target, and not for an unknown zone', () => {
    const document = render([...two, targetOf('10.0.9.1', undefined)], { affinity: 'weighted' });

    expect(upstreamsOf(document)).toEqual(['sd2.privatelink', 'use1-az1.sd2.privatelink', 'use1-az2.sd2.privatelink']);
    expect(document.filter((one) => one.kind === 'target')).toHaveLength(9);
  });

  it.each(['-', '-a', 'a-', 'a.b', 'a'.repeat(64)])(
    'fm-49 do not exist for a zone that is no label of a name: %s',
    (zone) => {
      expect(upstreamsOf(render([targetOf('10.0.1.1', zone)], { affinity: 'weighted' }))).toEqual(['sd2.privatelink']);
    },
  );

  it('fm-49 are limited to sixteen; held zones come first, then the order of names', () => {
    const zones = Array.from({ length: 30 }, (_, index) => `use1-az${10 + index}`);
    const targets = zones.map((zone, index) => targetOf(`10.0.1.${index}`, zone));
    const held = render([targetOf('10.0.1.1', 'use1-az99')], { affinity: 'weighted' });

    const zoned = upstreamsOf(render(targets, { affinity: 'weighted', held })).filter((name) => name.includes('-az'));

    expect(zoned).toEqual([...zones.slice(0, 15), 'use1-az99'].map((zone) => `${zone}.sd2.privatelink`));
  });

  it('fm-49 stay if more than sixteen are held already', () => {
    const zones = Array.from({ length: 20 }, (_, index) => `use1-az${10 + index}`);
    const held: Document = zones.map((zone) => {
      const key = `${zone}.sd2.privatelink`;
      return { kind: 'upstream', key, domain: 'sd2', fields: { name: key }, tags: [] };
    });

    expect(upstreamsOf(render([targetOf('10.0.1.1', 'use1-az9')], { affinity: 'weighted', held }))).toHaveLength(21);
  });

  it('do not exist for a zone whose id cannot be part of a name', () => {
    expect(upstreamsOf(render([targetOf('10.0.1.1', 'rack 1.a')], { affinity: 'weighted' }))).toEqual([
      'sd2.privatelink',
    ]);
  });

  it("send the domain's own Host, and are checked like the domain's upstream", () => {
    const [own, zoned] = render(two, { affinity: 'weighted' });

    expect(zoned?.fields).toEqual({ ...own?.fields, name: 'use1-az1.sd2.privatelink' });
    expect(own?.fields).toMatchObject({ host_header: 'sd2.privatelink', algorithm: 'least-connections' });
  });

  it.each([
    ['weighted', 'local ten times, others 1', two, { '10.0.1.1': '1000', '10.0.2.1': '1' }],
    ['failover', 'local as they are, others only for failover', two, { '10.0.1.1': '100', '10.0.2.1': '100f' }],
    ['weighted', "Kong's largest weight at most", [targetOf('10.0.1.1', 'use1-az1', 9_000)], { '10.0.1.1': '65535' }],
    [
      'weighted',
      'weight 0 out of turn, near and far',
      [targetOf('10.0.1.1', 'use1-az1', 0), targetOf('10.0.2.1', 'use1-az2', 0), targetOf('10.0.3.1', 'use1-az3')],
      { '10.0.1.1': '0', '10.0.2.1': '0', '10.0.3.1': '1' },
    ],
    [
      'weighted',
      'the region before other regions',
      [...two, targetOf('10.2.1.1', 'usw2-az1')],
      { '10.0.1.1': '1000', '10.0.2.1': '10', '10.2.1.1': '1' },
    ],
    [
      'failover',
      'the region before other regions',
      [...two, targetOf('10.2.1.1', 'usw2-az1')],
      { '10.0.1.1': '100', '10.0.2.1': '100f', '10.2.1.1': '1f' },
    ],
    [
      'failover',
      'others at once where the zone has nothing that takes requests',
      [targetOf('10.0.1.1', 'use1-az1', 0), targetOf('10.0.2.1', 'use1-az2')],
      { '10.0.1.1': '0', '10.0.2.1': '100' },
    ],
    [
      'weighted',
      'an unknown zone as another one of its region',
      [...two, targetOf('10.0.9.1', undefined)],
      { '10.0.1.1': '1000', '10.0.2.1': '1', '10.0.9.1': '1' },
    ],
  ] as const)('with %s: %s', (affinity, _, targets, expected) => {
    expect(weightsOf(render(targets, { affinity }), 'use1-az1')).toEqual(expected);
  });

  it.each([
    ['weighted', { '10.0.2.1': '1', '10.0.3.1': '1' }],
    ['failover', { '10.0.2.1': '100', '10.0.3.1': '100' }],
  ] as const)(
    'stay, with %s, when their zone has lost its last target, and hold the targets of other zones',
    (affinity, expected) => {
      const held = render(two, { affinity });
      const left = [targetOf('10.0.2.1', 'use1-az2'), targetOf('10.0.3.1', 'use1-az3')];

      expect(weightsOf(render(left, { affinity, held }), 'use1-az1')).toEqual(expected);
    },
  );
});

describe('the plugin that chooses between zone upstreams', () => {
  const settings = {
    sd2: {
      plugins: [
        { name: 'privatelink-zone', config: {} },
        { name: 'acl', config: {} },
      ],
    },
  };
  const pluginsOf = (document: Document) => document.filter(({ kind }) => kind === 'plugin');

  it.each(['weighted', 'failover'] as const)('gets its own domain, with affinity %s', (affinity) => {
    const [, zoned] = pluginsOf(render(two, { affinity, settings }));

    expect(zoned).toMatchObject({
      key: 'sd2|privatelink-zone',
      fields: { name: 'privatelink-zone', enabled: true, config: { domain: 'sd2' } },
    });
  });

  it('is left out without zone upstreams, and no other plugin is left out', () => {
    expect(pluginsOf(render(two, { settings })).map(({ key }) => key)).toEqual(['sd2|acl']);
  });

  it('is left out, with the zone upstreams, where a domain is via resolver', () => {
    const formsOf = () => ({ hasAddresses: false, names: ['sd2.privatelink.internal:80'] });
    const document = render(two, { affinity: 'weighted', settings, formsOf });

    expect(pluginsOf(document).map(({ key }) => key)).toEqual(['sd2|acl']);
    expect(upstreamsOf(document)).toEqual(['sd2.privatelink']);
  });

  it('is not a guard, and neither is the other plugin that chooses an address; other plugins may be', () => {
    const keys = ['sd2|privatelink', 'sd2|privatelink-zone', 'sd2|privatelink-callers', 'sd2|acl'];

    expect(keys.map(isGuard)).toEqual([false, false, true, true]);
  });
});

describe('names of upstreams', () => {
  it.each([
    [upstreamName('sd2'), 'sd2', undefined],
    [zoneUpstreamName('use1-az1', 'sd2'), 'sd2', 'use1-az1'],
    [zoneUpstreamName('usw2-lax1-az1', 'egress'), 'egress', 'usw2-lax1-az1'],
  ])('%s is of domain %s and zone %s', (name, domain, zone) => {
    expect([domainOfUpstream(name), zoneOfUpstream(name)]).toEqual([domain, zone]);
  });
});
