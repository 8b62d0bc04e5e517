import { describe, expect, it } from '@jest/globals';
import type { Address, DomainSettings, Endpoint } from '#core/model';
import { revisionOf } from '#deck/revision';
import { originsOf } from '#deck/tags';
import type { PassDependencies, StageMemory } from '#sync/pass/plan-once';
import { formatReport } from '#sync/pass/report-text';
import { endpointOf, knownScope, unknownScope } from '../../../../support/builders';
import { createMemoryCloudMap } from '../../../../support/control-planes/memory-cloud-map';
import { createPasses, defaultPolicy } from '../../../../support/passes';

const terminal = { env: {}, out: () => {}, err: () => {}, isTerminal: false };
const policy = { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0, maxRemovePercent: 100 };
const addressIn = (zone: number, host: number): Address => ({
  ip: `10.0.${zone}.${host}`,
  region: 'us-east-1',
  zoneId: `use1-az${zone}`,
});
const first = endpointOf({ addresses: [addressIn(1, 11)] });
const second = endpointOf({ id: 'vpce-2', addresses: [addressIn(2, 22)] });
const limit = { name: 'rate-limiting', config: { minute: 60 } };

/** The control plane after a pass without protection, over both endpoints. */
async function start(protect: readonly string[], before: Partial<PassDependencies> = {}) {
  const { deps, plane, pass } = createPasses({ policy, ...before });
  await pass(knownScope([first, second]));
  Object.assign(deps, { protect });
  const names = () => [...plane.entities.keys()];
  const next = (endpoints: readonly Endpoint[], over: Partial<PassDependencies> = {}) => {
    Object.assign(deps, over);
    return pass(knownScope(endpoints));
  };
  return { plane, names, next, pass };
}

const settingsOf = (sd2: DomainSettings) => ({ settings: { sd2 } });

describe('a protected entity', () => {
  it.each(['sd2', 'upstream:sd2.privatelink', 'target:sd2.privatelink|10.0.1.11:80'])(
    'keeps an absent target by %s, however often it is missed, and names the entry',
    async (entry) => {
      const { names, next } = await start([entry]);

      await next([second]);
      const { kept, protected: guarded } = await next([second]);

      expect(names()).toContain('target:sd2.privatelink|10.0.1.11:80');
      expect(kept).toEqual([
        {
          key: 'sd2.privatelink|10.0.1.11:80',
          domain: 'sd2',
          reason: `protected: protect lists ${entry}; endpoint vpce-1 is not listed`,
          entry,
        },
      ]);
      expect(guarded).toEqual([{ entry, domain: 'sd2', changes: 0, kept: 1 }]);
    },
  );

  it('does not keep an unlisted target if the entry names another target', async () => {
    const { names, next } = await start(['target:sd2.privatelink|10.0.1.11:80']);

    await next([first]);

    expect(names()).not.toContain('target:sd2.privatelink|10.0.2.22:80');
  });

  it('does not keep a target that AWS reports as gone', async () => {
    const { names, next } = await start(['sd2']);

    const { protected: guarded } = await next([{ ...first, state: 'deleted' }, second]);

    expect(names()).not.toContain('target:sd2.privatelink|10.0.1.11:80');
    expect(guarded).toEqual([{ entry: 'sd2', domain: 'sd2', changes: 1, kept: 0 }]);
  });

  it('gets new addresses and other weights as before, even weight 0', async () => {
    const { plane, names, next } = await start(['sd2']);

    await next([{ ...first, weight: 0 }, second, endpointOf({ id: 'vpce-3', addresses: [addressIn(3, 33)] })]);

    expect(plane.entities.get('target:sd2.privatelink|10.0.1.11:80')?.fields).toMatchObject({ weight: 0 });
    expect(names()).toContain('target:sd2.privatelink|10.0.3.33:80');
  });

  it.each<[string, string, DomainSettings]>([
    ['route:sd2', 'domains.sd2.route is false', { plugins: [limit], route: false }],
    ['plugin:sd2|rate-limiting', 'domains.sd2.plugins no longer lists it', { plugins: [] }],
  ])('stays if it is %s and the configuration switches it off', async (name, reason, off) => {
    const { names, next } = await start(['sd2'], settingsOf({ plugins: [limit] }));

    const { kept } = await next([first, second], settingsOf(off));

    expect(names()).toContain(name);
    expect(kept).toEqual([
      expect.objectContaining({ reason: `protected: protect lists sd2; ${reason}`, entry: 'sd2' }),
    ]);
  });

  it('stays if a pin would remove it', async () => {
    const { plane, names, next } = await start(['plugin:sd2|rate-limiting'], settingsOf({ plugins: [limit] }));
    const held = [...plane.entities.values()];
    const bare = held.filter(({ kind }) => kind !== 'plugin' && kind !== 'route');
    const revision = revisionOf({ desired: bare, held: [], affinity: 'none', base: [] });
    const pinned = { revision, isFromAnother: () => true, isByTag: false, controlPlane: plane };
    const memory: StageMemory = {
      base: [],
      readPin: async () => ({ pinned, warnings: [] }),
      readHold: async () => undefined,
      begin: async () => [],
      end: async () => [],
      rendered: async () => [],
    };

    const { kept } = await next([first, second], { memory });

    expect(names()).not.toContain('route:sd2');
    expect(names()).toContain('plugin:sd2|rate-limiting');
    expect(kept.map((one) => one.reason)).toEqual([
      `protected: protect lists plugin:sd2|rate-limiting; revision ${revision.id} does not have it`,
    ]);
  });

  it('keeps addresses current beside the name that would replace them', async () => {
    const { plane, names, next } = await start(['sd2']);
    const via = { via: 'resolver', suffix: 'privatelink.internal' } as const;

    await next([first, second], { via });
    const { kept } = await next([first, second, endpointOf({ id: 'vpce-3', addresses: [addressIn(3, 33)] })]);

    expect(
      names()
        .filter((one) => one.startsWith('target:'))
        .sort(),
    ).toEqual([
      'target:sd2.privatelink|10.0.1.11:80',
      'target:sd2.privatelink|10.0.2.22:80',
      'target:sd2.privatelink|10.0.3.33:80',
      'target:sd2.privatelink|_http._tcp.sd2.privatelink.internal:80',
    ]);
    expect(plane.entities.get('upstream:sd2.privatelink')?.fields.algorithm).toBe('round-robin');
    expect(kept.map(({ reason }) => reason)).toEqual([
      'protected: protect lists sd2; its addresses would be replaced: the domain is now via resolver, by _http._tcp.sd2.privatelink.internal:80',
    ]);
  });

  it('keeps a name beside the addresses that would replace it, and its upstream', async () => {
    const via = { via: 'resolver', suffix: 'privatelink.internal' } as const;
    const { plane, names, next } = await start(['sd2'], { via });

    await next([first, second], { via: { ...via, via: 'addresses' } });

    expect(names().filter((one) => one.startsWith('target:'))).toHaveLength(3);
    expect(plane.entities.get('upstream:sd2.privatelink')?.fields.algorithm).toBe('round-robin');
  });

  it('keeps absent endpoints in a name, and drops endpoints that are gone', async () => {
    const via = { via: 'resolver', suffix: 'privatelink.internal' } as const;
    const name = 'target:sd2.privatelink|_http._tcp.sd2.privatelink.internal:80';
    const { plane, next } = await start([name], { via });

    await next([second, endpointOf({ id: 'vpce-3', addresses: [addressIn(3, 33)] })]);
    const endpoints = () => originsOf(plane.entities.get(name)?.tags ?? []).endpointIds.toSorted();
    const absent = endpoints();
    await next([{ ...first, state: 'deleted' }, second]);

    expect(absent).toEqual(['vpce-1', 'vpce-2', 'vpce-3']);
    expect(endpoints()).toEqual(['vpce-2', 'vpce-3']);
  });

  it.each(['sd2', 'target:use1-az1.sd2.privatelink|10.0.1.11:80'])(
    'keeps by %s the zone upstreams that affinity switches off, and they follow discovery',
    async (entry) => {
      const { names, next } = await start([entry], { affinity: 'weighted' });

      await next([first, second], { affinity: 'none' });
      const third = endpointOf({ id: 'vpce-3', addresses: [addressIn(3, 33)] });
      const { kept } = await next([{ ...first, state: 'deleted' }, second, third]);

      expect(
        names()
          .filter((one) => one.startsWith('target:use1-az1.'))
          .sort(),
      ).toEqual(['target:use1-az1.sd2.privatelink|10.0.2.22:80', 'target:use1-az1.sd2.privatelink|10.0.3.33:80']);
      expect(kept.find(({ key }) => key === 'use1-az1.sd2.privatelink')).toEqual({
        key: 'use1-az1.sd2.privatelink',
        domain: 'sd2',
        reason: `protected: protect lists ${entry}; affinity is none`,
        entry,
      });
    },
  );

  it('keeps an instance of Cloud Map registered', async () => {
    const cloudMap = createMemoryCloudMap();
    const { next } = await start(['sd2'], { publications: [cloudMap.publication] });

    const { publications, protected: guarded } = await next([second]);

    expect(cloudMap.instances.size).toBe(2);
    expect(publications?.[0]?.kept.map((one) => one.entry)).toEqual(['sd2']);
    expect(guarded).toEqual([{ entry: 'sd2', domain: 'sd2', changes: 0, kept: 2 }]);
  });

  it('leaves like any other once its protection has ended', async () => {
    const { names, next } = await start(['sd2']);
    await next([second]);

    await next([second], { protect: [] });

    expect(names()).not.toContain('target:sd2.privatelink|10.0.1.11:80');
  });

  it('is reported in a line for each entry', async () => {
    const { next } = await start(['sd2']);

    const text = formatReport(await next([{ ...second, weight: 7 }]), terminal);

    expect(text).toContain('protected sd2: removals prevented: 1; changes planned: 1\n');
  });
});

describe('an entry of protect without a match', () => {
  const unfound = (entry: string) =>
    `protect, ${entry}: nothing with that name is discovered or held; correct the name, or remove it (unprotect)`;

  it('is a warning, and an entry with a match is none', async () => {
    const { next } = await start(['sd2', 'route:sd2', 'sd9', 'target:sd2.privatelink|10.0.9.9:80', 'route:sd9']);

    const { warnings } = await next([first, second]);

    expect(warnings).toEqual([unfound('sd9'), unfound('target:sd2.privatelink|10.0.9.9:80'), unfound('route:sd9')]);
  });

  it('is no warning while a scope is unknown', async () => {
    const { pass } = await start(['sd9']);

    expect((await pass(unknownScope([first]))).warnings).toEqual([]);
  });
});
