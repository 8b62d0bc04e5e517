import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Config } from '#config/schema';
import { messageOf, PrivatelinkError } from '#core/errors';
import type { JsonObject, ScopeState } from '#core/model';
import type { HeldEntity, Kind } from '#deck/document';
import { writeInSteps } from '#sync/adopt/takeover/in-steps';
import { type HostState, planRelease } from '#sync/adopt/takeover/release';
import { planTakeover, takeOverDomain } from '#sync/adopt/takeover/take-over';
import { adoptionRecordOf } from '#sync/adopt/takeover/taking';
import { endpointOf, knownScope, snapshotOf, unknownScope } from '../../../../support/builders';
import { createPasses } from '../../../../support/passes';

const { signal } = new AbortController();
const controlPlane = {
  type: 'konnect',
  name: 'prod',
  address: 'https://us.api.konghq.com',
  token: 'x',
  concurrency: 4,
} as const;
const vpceName = 'vpce-1-abcd.vpce-svc-1.us-east-1.vpce.amazonaws.com';
const sd2 = endpointOf({ host: vpceName });

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

function entityOf(kind: Kind, key: string, fields: JsonObject, parent?: string): HeldEntity {
  return {
    kind,
    key,
    domain: 'sd2',
    fields,
    tags: ['owner:payments', 'team'],
    id: `id of ${key}`,
    ...(parent && { parent }),
  };
}

const service = (host: string) =>
  entityOf('service', 'payments-api', { name: 'payments-api', protocol: 'http', host, port: 80, retries: 1 });
const route = entityOf('route', 'pay', { name: 'pay', paths: ['/pay'], strip_path: false }, 'payments-api');
const upstream = entityOf('upstream', 'payments-up', {
  name: 'payments-up',
  algorithm: 'round-robin',
  host_header: vpceName,
});
const targetOf = (address: string) =>
  entityOf('target', `payments-up|${address}`, { target: address, weight: 100 }, 'payments-up');

/** A control plane with these entities, a configuration, and the endpoints of AWS. */
function openTrial(entities: readonly HeldEntity[], scopes: readonly ScopeState[] = [knownScope([sd2])]) {
  const seen = [...scopes];
  const passes = createPasses({ discover: async () => snapshotOf(...seen) });
  const { plane } = passes;
  for (const one of entities) plane.entities.set(`${one.kind}:${one.key}`, one);
  const config = { stateDir, owner: 'test', controlPlane } as unknown as Config;
  const whole = () => [...plane.entities.values()];
  const find = (kind: Kind) => whole().filter((one) => one.kind === kind);
  const [first] = find('service');
  if (!first) throw new Error('no service');
  const record = adoptionRecordOf(
    {
      ...{
        domain: 'sd2',
        service: first,
        upstream: find('upstream')[0],
        targets: find('target'),
        routes: find('route'),
      },
      ...{ plugins: [], endpoints: [{ id: 'vpce-1' }] as never, tags: {}, keeps: [], changes: [], findings: [] },
    },
    { owner: 'test', controlPlane },
  );
  return {
    plane,
    seen,
    deps: { ...passes.deps, config },
    record,
    whole,
    taking: () => ({ record, readWhole: async () => whole() }),
  };
}

const contentOf = (entities: readonly HeldEntity[]) =>
  entities.map((one) => ({ ...one, tags: [...one.tags].sort() })).sort((a, b) => (a.key < b.key ? -1 : 1));

async function release(trial: ReturnType<typeof openTrial>, standing: HostState = () => 'there') {
  const planned = planRelease(trial.record, trial.whole(), standing);
  const results = await writeInSteps(
    planned.steps.map((step) => async () => step),
    trial.deps,
    signal,
  );
  return { ...planned, results };
}

describe('a service on a host name', () => {
  it('gets an upstream first, then leads to it, and keeps everything else', async () => {
    const trial = openTrial([service(vpceName), route]);

    const { results } = await takeOverDomain(trial.deps, trial.taking(), signal);

    expect(results.every(({ outcome }) => outcome === 'applied')).toBe(true);
    expect(trial.plane.writes).toEqual([
      'create upstream sd2.privatelink',
      'create target sd2.privatelink|10.0.1.11:80',
      'create target sd2.privatelink|10.0.2.11:80',
      'update service payments-api',
      'update route pay',
    ]);
    const [held] = trial.whole().filter(({ kind }) => kind === 'service');
    expect(held?.fields).toMatchObject({ ...service(vpceName).fields, host: 'sd2.privatelink' });
    expect([...(held?.tags ?? [])].sort()).toEqual(
      ['adopted:sd2', 'kong-privatelink', 'owner:payments', 'owner:test', 'team'].sort(),
    );
  });

  it('waits for the data planes before it leads to the upstream', async () => {
    const trial = openTrial([service(vpceName), route]);
    let asked = 0;
    trial.plane.readRollout = async () => {
      asked += 1;
      const { length } = trial.plane.writes;
      // The data planes have the new configuration only after ten reads.
      return { nodes: 1, inSync: asked > 10 ? 1 : 0, hash: `after ${length} writes` };
    };
    const askedBefore: Record<string, number> = {};
    trial.plane.failWith = ({ kind }) => {
      askedBefore[kind] ??= asked;
      return undefined;
    };

    await takeOverDomain(trial.deps, trial.taking(), signal);

    expect(askedBefore.upstream).toBeLessThan(5);
    expect(askedBefore.service).toBeGreaterThan(10);
  });

  it('fm-84 keeps changes that people make during the takeover', async () => {
    const trial = openTrial([service(vpceName), route]);
    trial.plane.failWith = ({ kind }) => {
      const { fields, ...rest } = service(vpceName);
      const edited = { ...rest, fields: { ...fields, retries: 9 }, tags: [...rest.tags, 'late'] };
      if (kind === 'upstream') trial.plane.entities.set('service:payments-api', edited);
      return undefined;
    };

    await takeOverDomain(trial.deps, trial.taking(), signal);

    const [held] = trial.whole().filter(({ kind }) => kind === 'service');
    expect(held?.fields).toMatchObject({ host: 'sd2.privatelink', retries: 9 });
    expect(held?.tags).toContain('late');
  });

  it('fm-84 stays where people pointed it meanwhile', async () => {
    const trial = openTrial([service(vpceName), route]);
    trial.plane.entities.set('service:payments-api', service('new.example.com'));

    const { problem } = await planTakeover(trial.deps, trial.taking(), signal);
    const told = await takeOverDomain(trial.deps, trial.taking(), signal).catch(messageOf);

    expect(problem?.reason).toContain(`leads to new.example.com now, but led to ${vpceName}`);
    expect(told).toContain('leads to new.example.com now');
    expect(trial.plane.writes).toEqual([]);
  });

  it('is restored by its release', async () => {
    const before = [service(vpceName), route];
    const trial = openTrial(before);
    await takeOverDomain(trial.deps, trial.taking(), signal);

    await release(trial);

    expect(contentOf(trial.whole()).map(({ key, tags }) => ({ key, tags }))).toEqual(
      contentOf(before).map(({ key, tags }) => ({ key, tags })),
    );
    expect(trial.whole().find(({ kind }) => kind === 'service')?.fields).toMatchObject(service(vpceName).fields);
    expect(trial.plane.writes.slice(5)).toEqual([
      'update service payments-api',
      'update route pay',
      'delete target sd2.privatelink|10.0.1.11:80',
      'delete target sd2.privatelink|10.0.2.11:80',
      'delete upstream sd2.privatelink',
    ]);
  });

  it('keeps at its release the changes that people made meanwhile', async () => {
    const trial = openTrial([service(vpceName), route]);
    await takeOverDomain(trial.deps, trial.taking(), signal);
    const [held] = trial.whole().filter(({ kind }) => kind === 'service');
    if (held)
      trial.plane.entities.set('service:payments-api', {
        ...held,
        fields: { ...held.fields, retries: 7 },
        tags: [...held.tags, 'new'],
      });

    await release(trial);

    const now = trial.whole().find(({ kind }) => kind === 'service');
    expect(now?.fields).toMatchObject({ host: vpceName, retries: 7 });
    expect([...(now?.tags ?? [])].sort()).toEqual(['new', 'owner:payments', 'team']);
  });

  it('leads at its release to the host that people set meanwhile', async () => {
    const trial = openTrial([service(vpceName), route]);
    await takeOverDomain(trial.deps, trial.taking(), signal);
    const [held] = trial.whole().filter(({ kind }) => kind === 'service');
    if (held)
      trial.plane.entities.set('service:payments-api', { ...held, fields: { ...held.fields, host: 'new.example' } });

    const { problem } = await release(trial, () => 'gone');

    expect(problem).toBeUndefined();
    const now = trial.whole().find(({ kind }) => kind === 'service');
    expect(now?.fields.host).toBe('new.example');
    expect([...(now?.tags ?? [])].sort()).toEqual(['owner:payments', 'team']);
  });

  it.each([
    ['gone', /is gone, so requests would go nowhere/],
    ['unknown', /it is unknown whether vpce-1-abcd.* still leads to an endpoint/],
  ] as const)('is not released to a host that is %s', async (standing, reason) => {
    const trial = openTrial([service(vpceName), route]);
    await takeOverDomain(trial.deps, trial.taking(), signal);

    expect(planRelease(trial.record, trial.whole(), () => standing).problem?.reason).toMatch(reason);
  });
});

describe('a service on an upstream', () => {
  const entities = [service('payments-up'), route, upstream, targetOf(`${vpceName}:80`), targetOf('10.0.1.11:80')];

  it('gets addresses, then loses the names that they replace', async () => {
    const trial = openTrial(entities);

    await takeOverDomain(trial.deps, trial.taking(), signal);

    expect(trial.plane.writes).toEqual([
      'create target payments-up|10.0.2.11:80',
      'update upstream payments-up',
      'update target payments-up|10.0.1.11:80',
      'update service payments-api',
      'update route pay',
      `delete target payments-up|${vpceName}:80`,
    ]);
  });

  it('needs no change in the next pass', async () => {
    const trial = openTrial(entities);
    await takeOverDomain(trial.deps, trial.taking(), signal);
    const again = await planTakeover(trial.deps, trial.taking(), signal);
    expect(again.steps).toEqual({ creates: [], switches: [], replaced: [] });
  });

  it('loses no target in a second run, after an endpoint has lost its tag', async () => {
    const other = endpointOf({ id: 'vpce-2', host: vpceName, addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });
    const trial = openTrial([...entities, targetOf('10.0.3.11:80')], [knownScope([sd2, other])]);
    await takeOverDomain(trial.deps, trial.taking(), signal);
    trial.seen.splice(0, 1, knownScope([sd2]));

    const again = await planTakeover(trial.deps, trial.taking(), signal);

    expect(again.steps).toEqual({ creates: [], switches: [], replaced: [] });
  });

  it('is restored by its release, and its targets have only their own tags', async () => {
    const trial = openTrial(entities);
    const tagsNow = () => contentOf(trial.whole()).map(({ key, id, tags }) => ({ key, id, tags }));
    const before = tagsNow();
    await takeOverDomain(trial.deps, trial.taking(), signal);

    await release(trial);

    expect(tagsNow()).toEqual(before);
  });

  it('gets its targets back at its release, except those that AWS has replaced', async () => {
    const trial = openTrial(entities);
    await takeOverDomain(trial.deps, trial.taking(), signal);

    const { replaced } = await release(trial, (host) => (host === '10.0.1.11' ? 'gone' : 'there'));

    expect(replaced).toEqual(['target:payments-up|10.0.1.11:80']);
    expect(
      trial
        .whole()
        .filter(({ kind }) => kind === 'target')
        .map(({ key, tags, id }) => ({ key, tags: [...tags].sort(), id })),
    ).toEqual([
      { key: `payments-up|${vpceName}:80`, tags: ['owner:payments', 'team'], id: `id of payments-up|${vpceName}:80` },
    ]);
  });
});

describe('an adoption that was stopped at any write', () => {
  const trials: readonly (readonly [string, readonly HeldEntity[]])[] = [
    ['on a host name', [service(vpceName), route]],
    ['on an upstream', [service('payments-up'), route, upstream, targetOf(`${vpceName}:80`)]],
  ];

  it.each(trials)(
    'fm-78 ends with an equal result after a second run, and can be released (%s)',
    async (_, entities) => {
      const whole = openTrial(entities);
      await takeOverDomain(whole.deps, whole.taking(), signal);
      const wanted = contentOf(whole.whole());
      const { length } = whole.plane.writes;
      expect(length).toBeGreaterThan(4);

      for (let stop = 1; stop <= length; stop += 1) {
        const trial = openTrial(entities);
        trial.plane.failWith = () =>
          trial.plane.writes.length >= stop
            ? new PrivatelinkError('stopped', { code: 'UNREACHABLE', fix: undefined })
            : undefined;
        await takeOverDomain(trial.deps, trial.taking(), signal);
        trial.plane.failWith = () => undefined;
        const half = openTrial(entities);
        half.plane.entities.clear();
        for (const [name, one] of trial.plane.entities) half.plane.entities.set(name, one);

        await takeOverDomain(trial.deps, trial.taking(), signal);
        await release(half);

        expect(contentOf(trial.whole())).toEqual(wanted);
        expect(contentOf(half.whole()).map(({ key, tags }) => ({ key, tags }))).toEqual(
          contentOf(entities).map(({ key, tags }) => ({ key, tags })),
        );
      }
    },
  );
});

describe('an uncertain takeover', () => {
  it("is refused when an endpoint lost its tag half way, and people's targets stay", async () => {
    const trial = openTrial([service('payments-up'), route, upstream, targetOf(`${vpceName}:80`)]);
    const other = endpointOf({ id: 'vpce-2', host: vpceName, addresses: [{ ip: '10.0.9.1', region: 'us-east-1' }] });
    trial.seen.splice(0, 1, knownScope([other]));

    const told = await takeOverDomain(trial.deps, trial.taking(), signal).catch(messageOf);

    expect(told).toMatch(/people's targets lead to endpoint vpce-1, but domain sd2 has no target/);
    expect(trial.plane.writes).toEqual([]);
  });

  it.each([
    ['an unknown scope', [knownScope([sd2]), unknownScope()], /scope hub\.self\.us-east-1 is unknown/],
    ['no endpoint', [knownScope([])], /no endpoint claims domain sd2/],
  ] as const)('is refused: %s', async (_, scopes, reason) => {
    const trial = openTrial([service(vpceName), route], scopes);

    const { problem } = await planTakeover(trial.deps, trial.taking(), signal);
    const told = await takeOverDomain(trial.deps, trial.taking(), signal).catch(messageOf);

    expect(problem?.reason).toMatch(reason);
    expect(told).toMatch(reason);
    expect(trial.plane.writes).toEqual([]);
  });

  it('is refused when the service is not in the control plane any more', async () => {
    const trial = openTrial([service(vpceName), route]);
    trial.plane.entities.delete('service:payments-api');

    await expect(planTakeover(trial.deps, trial.taking(), signal)).rejects.toThrow(
      /service:payments-api of domain sd2 is not in the control plane any more/,
    );
  });
});

it('a record holds the adopted entities as they were', () => {
  const { record } = openTrial([service('payments-up'), route, upstream, targetOf('10.0.1.11:80')]);

  expect(record).toEqual({
    owner: 'test',
    domain: 'sd2',
    controlPlane,
    adopted: { service: 'payments-api', upstream: 'payments-up', routes: ['pay'] },
    endpoints: ['vpce-1'],
    entities: [service('payments-up'), upstream, targetOf('10.0.1.11:80'), route],
  });
});
