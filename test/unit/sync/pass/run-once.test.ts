import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Endpoint, EndpointState, JsonObject, ScopeState } from '#core/model';
import { exitCodeOfSync } from '#sync/cli/exit-codes';
import type { PassDependencies } from '#sync/pass/plan-once';
import { runOnce } from '#sync/pass/run-once';
import type { Change } from '#sync/plan/changes';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createPasses, defaultPolicy } from '../../../support/passes';

const sd2 = endpointOf();

/** `count` endpoints of one address each, all of domain sd2. */
function manyEndpoints(count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) =>
    endpointOf({
      id: `vpce-${index}`,
      createdAtMs: index,
      addresses: [{ ip: `10.0.0.${index + 1}`, region: 'us-east-1' }],
    }),
  );
}

function targetsOf(plane: ReturnType<typeof createPasses>['plane']): readonly string[] {
  return [...plane.entities.keys()].filter((name) => name.startsWith('target:')).sort();
}

describe('runOnce', () => {
  it('creates upstream, targets, service and route, in that order, when a domain appears', async () => {
    const { plane, pass } = createPasses();

    const report = await pass(knownScope([sd2]));

    expect(plane.writes).toEqual([
      'create upstream sd2.privatelink',
      'create target sd2.privatelink|10.0.1.11:80',
      'create target sd2.privatelink|10.0.2.11:80',
      'create service sd2',
      'create route sd2',
    ]);
    expect(exitCodeOfSync(report)).toBe(0);
  });

  it('fm-16 writes nothing in the second pass', async () => {
    const { plane, pass } = createPasses({
      settings: { sd2: { plugins: [{ name: 'rate-limiting', config: { minute: 5 } }] } },
    });
    await pass(knownScope([sd2]));
    plane.writes.length = 0;

    const report = await pass(knownScope([sd2]));

    expect(plane.writes).toEqual([]);
    expect(report).toMatchObject({ changes: [], kept: [] });
  });

  it('fm-32 updates a target when only its weight changes, and nothing else', async () => {
    const { plane, pass } = createPasses();
    await pass(knownScope([sd2]));
    plane.writes.length = 0;

    const report = await pass(knownScope([{ ...sd2, weight: 50 }]));

    expect(plane.writes).toEqual([
      'update target sd2.privatelink|10.0.1.11:80',
      'update target sd2.privatelink|10.0.2.11:80',
    ]);
    expect(report.changes[0]?.reason).toBe('weight 100 -> 50');
  });

  it('restores an own field after a change by a person, even a field that it never writes', async () => {
    const { plane, pass } = createPasses();
    await pass(knownScope([sd2]));
    const service = plane.entities.get('service:sd2');
    if (service) plane.entities.set('service:sd2', { ...service, fields: { ...service.fields, tls_verify_depth: 3 } });
    plane.writes.length = 0;

    await pass(knownScope([sd2]));

    expect(plane.writes).toEqual(['update service sd2']);
  });

  it('fm-17 keeps the ids of existing entities, whatever has to be restored in them', async () => {
    const { plane, pass } = createPasses({
      settings: { sd2: { plugins: [{ name: 'acl', config: { allow: ['a'] } }] } },
    });
    const changed = {
      upstream: { slots: 7 },
      target: { weight: 7 },
      service: { retries: 7 },
      route: { strip_path: false },
      plugin: { enabled: false },
    };
    await pass(knownScope([sd2]));
    for (const [name, held] of plane.entities)
      plane.entities.set(name, { ...held, id: `theirs ${name}`, fields: { ...held.fields, ...changed[held.kind] } });
    plane.writes.length = 0;

    await pass(knownScope([sd2]));

    expect(plane.writes.filter((write) => write.startsWith('update '))).toHaveLength(6);
    expect(plane.writes).toHaveLength(6);
    for (const [name, { id }] of plane.entities) expect(id).toBe(`theirs ${name}`);
  });

  it('fm-21 keeps the entity when a recreated endpoint has its address again, so that its health stays', async () => {
    const { plane, pass } = createPasses();
    await pass(knownScope([sd2]));
    plane.writes.length = 0;

    await pass(knownScope([{ ...sd2, state: 'deleted' }, endpointOf({ id: 'vpce-2', createdAtMs: 2_000 })]));

    expect(plane.writes).toEqual([
      'update target sd2.privatelink|10.0.1.11:80',
      'update target sd2.privatelink|10.0.2.11:80',
    ]);
    expect(plane.entities.get('target:sd2.privatelink|10.0.1.11:80')?.tags).toContain('vpce-2');
  });

  describe('when the provider says that an unlisted endpoint is gone', () => {
    const confirming = {
      policy: { ...defaultPolicy, mode: 'upsert-only' as const },
      confirmGone: async (missing: ReadonlyMap<string, readonly string[]>) => ({
        goneIds: [...missing.values()].flat(),
        warnings: [],
      }),
    };

    it('fm-30 removes even its last target where a role names the account', async () => {
      const { plane, pass } = createPasses(confirming);
      const scope = { ...hubScope, id: 'hub.222222222222.us-east-1', account: '222222222222' };
      await pass(knownScope([{ ...sd2, scopeId: scope.id }], [], scope));

      const report = await pass(knownScope([], [], scope));

      expect(targetsOf(plane)).toEqual([]);
      expect(report.changes[0]?.reason).toBe('endpoint vpce-1 is deleted (AWS knows it no more)');
    });

    it('fm-30 removes even its last target where the account is the account of its last read', async () => {
      const { plane, pass } = createPasses(confirming);
      await pass(knownScope([sd2]));

      await pass(knownScope([]));

      expect(targetsOf(plane)).toEqual([]);
    });

    it.each([
      ['keeps it where nothing is listed', [], 2],
      ['removes it where something is listed', [endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [] })], 0],
    ])('fm-01 %s, because STS does not return the account of the credentials', async (_, listed, targets) => {
      const { plane, pass } = createPasses(confirming);
      const untold = (endpoints: readonly Endpoint[]) => ({ ...knownScope(endpoints), accountId: undefined });
      const sd4 = endpointOf({ id: 'vpce-4', domain: 'sd4', addresses: [{ ip: '10.0.4.1', region: 'us-east-1' }] });
      await pass(untold([sd2, sd4]));

      await pass(untold(listed.length > 0 ? [sd4, ...listed] : []));

      expect(targetsOf(plane).filter((key) => key.includes('sd2'))).toHaveLength(targets);
    });
  });

  it('fm-01 keeps the targets, and says why, when AWS could not be asked for their endpoint', async () => {
    const { plane, pass } = createPasses({ confirmGone: async () => ({ goneIds: [], warnings: ['not asked'] }) });
    await pass(knownScope([sd2]));

    const report = await pass(knownScope([]));

    expect(targetsOf(plane)).toHaveLength(2);
    expect(report.warnings).toContain('not asked');
  });

  it('lets a new endpoint replace the settings of an endpoint that is gone', async () => {
    const { plane, pass } = createPasses({
      confirmGone: async (missing) => ({ goneIds: [...missing.values()].flat(), warnings: [] }),
    });
    await pass(knownScope([sd2]));
    const newcomer = endpointOf({ id: 'vpce-2', protocol: 'https', host: 'sd2.example', port: 443 });

    await pass(knownScope([newcomer]));

    expect(plane.entities.get('service:sd2')?.fields.protocol).toBe('https');
  });

  it('fm-24 touches only targets when an endpoint is recreated', async () => {
    const { plane, pass } = createPasses();
    await pass(knownScope([sd2]));
    plane.writes.length = 0;
    const recreated = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });

    await pass(knownScope([{ ...sd2, state: 'deleting' }, recreated]));

    expect(plane.writes).toEqual([
      'create target sd2.privatelink|10.0.9.9:80',
      'delete target sd2.privatelink|10.0.1.11:80',
      'delete target sd2.privatelink|10.0.2.11:80',
    ]);
  });

  it.each<EndpointState>(['rejected', 'failed', 'expired', 'deleting', 'deleted'])(
    'fm-30 removes even the last targets in the pass that sees the endpoint %s, and keeps the domain',
    async (state) => {
      const { plane, pass } = createPasses();
      await pass(knownScope([sd2]));

      const report = await pass(knownScope([{ ...sd2, state, reason: 'as AWS says', addresses: [] }]));

      expect(targetsOf(plane)).toEqual([]);
      expect(plane.entities.has('route:sd2')).toBe(true);
      expect(report.changes[0]?.reason).toContain('as AWS says');
    },
  );

  it.each<EndpointState>(['pending', 'partial', 'unlisted', 'pendingAcceptance'])(
    'keeps present targets when the endpoint is %s',
    async (state) => {
      const { plane, pass } = createPasses();
      await pass(knownScope([sd2]));
      plane.writes.length = 0;

      const report = await pass(knownScope([{ ...sd2, state }]));

      expect(plane.writes).toEqual([]);
      expect(report.kept).toHaveLength(2);
    },
  );

  it('fm-02 removes nothing while the scope is unknown, even in a process that never knew it', async () => {
    const first = createPasses();
    await first.pass(knownScope([sd2]));
    const fresh = createPasses({ controlPlane: first.plane });
    first.plane.writes.length = 0;

    const report = await fresh.pass(unknownScope());

    expect(first.plane.writes).toEqual([]);
    expect(report.kept.map((one) => one.reason)).toEqual(Array(2).fill('scope hub.self.us-east-1 is unknown'));
  });

  it('fm-01 never removes the last target of a domain by absence, however long', async () => {
    const { plane, pass, clock } = createPasses();
    await pass(knownScope([sd2]));

    for (let round = 0; round < 10; round += 1) {
      clock.advance(600_000);
      await pass(knownScope([]));
    }

    expect(targetsOf(plane)).toHaveLength(1);
  });

  it('removes an absent target after three absences and three minutes, not before', async () => {
    const { plane, pass, clock } = createPasses();
    const other = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    await pass(knownScope([sd2, other]));
    const counts: number[] = [];

    for (const waitMs of [0, 60_000, 60_000, 60_000]) {
      clock.advance(waitMs);
      await pass(knownScope([sd2]));
      counts.push(targetsOf(plane).length);
    }

    expect(counts).toEqual([3, 3, 3, 2]);
  });

  it('starts to count again when the endpoint was seen in between', async () => {
    const { plane, pass, clock } = createPasses({
      policy: { ...defaultPolicy, removeAfterSeconds: 0, removeAfterAbsences: 2 },
    });
    const other = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    await pass(knownScope([sd2, other]));
    await pass(knownScope([sd2]));
    await pass(knownScope([sd2, other]));
    clock.advance(1_000);

    await pass(knownScope([sd2]));

    expect(targetsOf(plane)).toHaveLength(3);
  });

  it('never removes an absent target under upsert-only', async () => {
    const { plane, pass } = createPasses({
      policy: { ...defaultPolicy, mode: 'upsert-only', removeAfterSeconds: 0, removeAfterAbsences: 1 },
    });
    const other = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    await pass(knownScope([sd2, other]));

    await pass(knownScope([sd2]));

    expect(targetsOf(plane)).toHaveLength(3);
  });

  it.each([
    ['nothing', 'has not answered since the start', undefined, undefined, 3],
    ['nothing', 'was read by an earlier process only', [], true, 3],
    ['the absent target', 'answered before', [], undefined, 2],
  ])(
    'fm-07 removes %s by absence while another scope is unknown that %s',
    async (_, __, lastGood, isRestored, targets) => {
      const { plane, pass } = createPasses({
        policy: { ...defaultPolicy, removeAfterSeconds: 0, removeAfterAbsences: 1 },
      });
      const other = endpointOf({
        id: 'vpce-2',
        createdAtMs: 2_000,
        addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
      });
      const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };
      await pass(knownScope([sd2, other]), knownScope([], [], west));

      await pass(knownScope([sd2]), unknownScope(lastGood, west, isRestored));

      expect(targetsOf(plane)).toHaveLength(targets);
    },
  );

  it('removes terminal targets although another scope is unknown', async () => {
    const { plane, pass } = createPasses();
    const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };
    await pass(knownScope([sd2]), knownScope([], [], west));

    await pass(knownScope([{ ...sd2, state: 'rejected' }]), unknownScope(undefined, west));

    expect(targetsOf(plane)).toEqual([]);
  });

  it('keeps the settings of a domain when the scope of its oldest endpoint was never read', async () => {
    const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };
    const oldest = endpointOf({
      id: 'vpce-old',
      createdAtMs: 1,
      scopeId: west.id,
      host: 'api.sd2',
      addresses: [{ ip: '10.9.9.9', region: 'us-west-2' }],
    });
    const first = createPasses();
    await first.pass(knownScope([sd2]), knownScope([oldest], [], west));
    const fresh = createPasses({ controlPlane: first.plane });
    first.plane.writes.length = 0;

    await fresh.pass(knownScope([sd2]), unknownScope(undefined, west));

    expect(first.plane.writes).toEqual([]);
  });

  it.each([
    ['keeps the settings in use', 'an earlier process', true, 'new.sd2'],
    ['takes its settings', 'this process', undefined, 'old.sd2'],
  ])('fm-07 %s when an unknown scope was last read by %s', async (_, __, isRestored, host) => {
    const first = createPasses();
    await first.pass(knownScope([{ ...sd2, host: 'new.sd2' }]));
    const fresh = createPasses({ controlPlane: first.plane });

    await fresh.pass(unknownScope([{ ...sd2, host: 'old.sd2' }], hubScope, isRestored));

    expect(first.plane.entities.get('upstream:sd2.privatelink')?.fields.host_header).toBe(host);
  });

  it('fm-43 withholds removals of too many addresses, and writes the other changes', async () => {
    const { plane, pass } = createPasses();
    const endpoints = manyEndpoints(10);
    await pass(knownScope(endpoints));
    plane.writes.length = 0;

    const recreated = endpointOf({ id: 'vpce-new', addresses: [{ ip: '10.0.9.1', region: 'us-east-1' }] });
    const report = await pass(
      knownScope([
        ...endpoints.map((one, index) => (index < 4 ? { ...one, state: 'rejected' as const } : one)),
        recreated,
      ]),
    );

    expect(exitCodeOfSync(report)).toBe(3);
    expect(report.withheld?.reason).toContain('4 of 10 addresses (40 %)');
    expect(report.withheld?.changes).toHaveLength(4);
    expect(plane.writes).toEqual(['create target sd2.privatelink|10.0.9.1:80']);
  });

  it.each([
    ['the share is exactly the limit', 10, 3],
    ['fewer than ten addresses are held', 9, 8],
  ])('withholds nothing when %s', async (_, held, removed) => {
    const { plane, pass } = createPasses();
    const endpoints = manyEndpoints(held);
    await pass(knownScope(endpoints));

    await pass(
      knownScope(endpoints.map((one, index) => (index < removed ? { ...one, state: 'rejected' as const } : one))),
    );

    expect(targetsOf(plane)).toHaveLength(held - removed);
  });

  it('does not change a foreign entity, reports it, and skips its dependants', async () => {
    const { plane, pass } = createPasses();
    plane.entities.set('service:sd2', {
      kind: 'service',
      key: 'sd2',
      domain: 'sd2',
      id: 'theirs',
      fields: { name: 'sd2' },
      tags: ['team-x'],
    });

    const report = await pass(knownScope([sd2]));

    expect(plane.entities.get('service:sd2')?.id).toBe('theirs');
    expect(plane.writes).not.toContain('create route sd2');
    expect(exitCodeOfSync(report)).toBe(4);
    expect(report.applied?.find((one) => one.change.kind === 'service')?.error).toContain('left as it is');
  });

  it('fm-11 fm-12 goes on with other domains when one entity is refused, and finishes in the next pass', async () => {
    const { plane, pass } = createPasses();
    const sd3 = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.0.3.3', region: 'us-east-1' }] });
    plane.failWith = (change) =>
      change.key === 'sd2.privatelink'
        ? new PrivatelinkError('bad upstream', { code: 'REJECTED', fix: undefined })
        : undefined;

    const report = await pass(knownScope([sd2, sd3]));
    plane.failWith = () => undefined;
    const next = await pass(knownScope([sd2, sd3]));

    expect(exitCodeOfSync(report)).toBe(4);
    expect(report.applied?.filter((one) => one.outcome === 'skipped').map((one) => one.change.kind)).toEqual([
      'target',
      'target',
      'service',
      'route',
    ]);
    expect(plane.entities.has('route:sd3')).toBe(true);
    expect(exitCodeOfSync(next)).toBe(0);
    expect(targetsOf(plane)).toHaveLength(3);
  });

  describe('with a target that has been absent long enough to leave', () => {
    const recreated = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    const ripe = { policy: { ...defaultPolicy, removeAfterAbsences: 1, removeAfterSeconds: 0 } };
    const failing = (change: Change) =>
      change.action === 'create'
        ? new PrivatelinkError('500', { code: 'CONTROL_PLANE_FAILED', fix: undefined })
        : undefined;

    it('fm-13 keeps it when the new targets of its upstream could not be created', async () => {
      const { plane, pass } = createPasses(ripe);
      await pass(knownScope([sd2]));
      plane.failWith = failing;

      await pass(knownScope([recreated]));

      expect(targetsOf(plane)).toHaveLength(2);
    });

    it('fm-30 removes it all the same when AWS says that its endpoint is gone', async () => {
      const { plane, pass } = createPasses();
      await pass(knownScope([sd2]));
      plane.failWith = failing;

      await pass(knownScope([{ ...sd2, state: 'rejected' }, recreated]));

      expect(targetsOf(plane)).toEqual([]);
    });
  });

  it.each([
    [
      'until they have the created entities',
      [
        { nodes: 2, inSync: 2, hash: 'old' },
        { nodes: 2, inSync: 2, hash: 'old' },
        { nodes: 2, inSync: 1, hash: 'new' },
        { nodes: 2, inSync: 2, hash: 'new' },
      ],
      1_000,
    ],
    ['no longer than 30 s', Array(100).fill({ nodes: 2, inSync: 1, hash: 'new' }), 30_000],
    ['not at all when none is connected', [{ nodes: 0, inSync: 0 }], 0],
  ])('fm-13 waits for the data planes before it deletes: %s', async (_, rollouts, waitedMs) => {
    const { plane, pass, clock } = createPasses();
    await pass(knownScope([sd2]));
    const recreated = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    plane.rollouts = [...rollouts];
    const startMs = clock.now();

    await pass(knownScope([{ ...sd2, state: 'deleting' }, recreated]));

    expect(clock.now() - startMs).toBe(waitedMs);
    expect(targetsOf(plane)).toEqual(['target:sd2.privatelink|10.0.9.9:80']);
  });

  describe('with data planes that run another configuration', () => {
    const recreated = endpointOf({
      id: 'vpce-2',
      createdAtMs: 2_000,
      addresses: [{ ip: '10.0.9.9', region: 'us-east-1' }],
    });
    const scopes = [knownScope([{ ...sd2, state: 'deleting' }, recreated])];

    it('fm-13 does not wait for them when no change that comes first could be written', async () => {
      const { plane, pass, clock } = createPasses();
      await pass(knownScope([sd2]));
      plane.rollouts = Array(100).fill({ nodes: 2, inSync: 1, hash: 'old' });
      plane.failWith = ({ action }) =>
        action === 'create' ? new PrivatelinkError('no', { code: 'REJECTED', fix: undefined }) : undefined;
      const startMs = clock.now();

      await pass(...scopes);

      expect(clock.now()).toBe(startMs);
      expect(targetsOf(plane)).toEqual([]);
    });

    it('reports that it waits for them', async () => {
      const told: string[] = [];
      const during: NonNullable<PassDependencies['during']> = (what, work) => {
        told.push(what);
        return work();
      };
      const { plane, pass } = createPasses({ during });
      await pass(knownScope([sd2]));
      plane.rollouts = Array(100).fill({ nodes: 2, inSync: 1, hash: 'old' });

      await pass(...scopes);

      expect(told).toEqual([
        ...Array(2).fill('discovering, and reading the control plane'),
        'waiting for the data planes',
      ]);
    });

    it('reports the written changes, and deletes nothing, when it is stopped during the wait', async () => {
      const stopping = new AbortController();
      const { plane, pass, deps, clock } = createPasses();
      await pass(knownScope([sd2]));
      plane.rollouts = Array(100).fill({ nodes: 2, inSync: 1, hash: 'old' });
      const sleep = async () => {
        stopping.abort(new Error('stopped by SIGTERM'));
        throw stopping.signal.reason;
      };

      const report = await runOnce(
        { ...deps, discover: async () => snapshotOf(...scopes), clock: { ...clock, sleep } },
        stopping.signal,
      );

      expect(report.applied?.map(({ change, outcome }) => `${outcome} ${change.action} ${change.key}`)).toEqual([
        'applied create sd2.privatelink|10.0.9.9:80',
        'skipped delete sd2.privatelink|10.0.1.11:80',
        'skipped delete sd2.privatelink|10.0.2.11:80',
      ]);
      expect(exitCodeOfSync(report)).toBe(4);
    });
  });

  it('creates no service on a foreign upstream', async () => {
    const { plane, pass } = createPasses();
    plane.entities.set('upstream:sd2.privatelink', {
      kind: 'upstream',
      key: 'sd2.privatelink',
      domain: 'sd2',
      id: 'theirs',
      fields: {},
      tags: [],
    });

    const report = await pass(knownScope([sd2]));

    expect(plane.writes).toEqual([]);
    expect(exitCodeOfSync(report)).toBe(4);
  });

  it('removes an endpoint that one known scope calls gone, although its own scope is unknown', async () => {
    const { plane, pass } = createPasses();
    const other = { ...hubScope, id: 'other.self.us-east-1', source: 'other' };
    await pass(knownScope([sd2]), knownScope([], [], other));

    await pass(unknownScope([sd2]), knownScope([{ ...sd2, scopeId: other.id, state: 'rejected' }], [], other));

    expect(targetsOf(plane)).toEqual([]);
  });

  it('fm-32 replaces a plugin when a key is removed from its configuration', async () => {
    const settingsOf = (config: JsonObject) => ({
      settings: { sd2: { plugins: [{ name: 'rate-limiting', config }] } },
    });
    const first = createPasses(settingsOf({ minute: 5, hour: 100 }));
    await first.pass(knownScope([sd2]));
    first.plane.writes.length = 0;
    const second = createPasses({ ...settingsOf({ hour: 100 }), controlPlane: first.plane });

    await second.pass(knownScope([sd2]));

    expect(first.plane.writes).toEqual(['update plugin sd2|rate-limiting']);
  });

  it('stops discovery at once when the control plane refuses', async () => {
    const refusal = new PrivatelinkError('refused', { code: 'CONTROL_PLANE_AUTH', fix: undefined });
    let stopped = false;
    const { deps, plane } = createPasses({
      discover: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            stopped = true;
            reject(signal.reason);
          }),
        ),
    });

    const running = runOnce(
      { ...deps, controlPlane: { ...plane, read: () => Promise.reject(refusal) } },
      new AbortController().signal,
    );

    await expect(running).rejects.toBe(refusal);
    expect(stopped).toBe(true);
  });

  it('ends only after discovery has kept its data, and after decK, when the other fails', async () => {
    const refusal = new PrivatelinkError('refused', { code: 'CONTROL_PLANE_AUTH', fix: undefined });
    const ended: string[] = [];
    const endLater = async <T>(name: string, value: T) => {
      await new Promise(setImmediate);
      ended.push(name);
      return value;
    };
    const { deps, plane } = createPasses();
    const runs = [
      {
        discover: () => endLater('discovery', snapshotOf()),
        controlPlane: { ...plane, read: () => Promise.reject(refusal) },
      },
      { discover: () => Promise.reject(refusal), controlPlane: { ...plane, read: () => endLater('decK', []) } },
    ];

    for (const run of runs)
      await expect(runOnce({ ...deps, ...run }, new AbortController().signal)).rejects.toBe(refusal);

    expect(ended).toEqual(['discovery', 'decK']);
  });

  it.each(['UNREACHABLE', 'BAD_CONNECTION'] as const)(
    'stops writing after %s, and the next pass finishes',
    async (code) => {
      const { plane, pass } = createPasses();
      let calls = 0;
      plane.failWith = () => {
        calls += 1;
        return calls === 2 ? new PrivatelinkError('connection lost', { code, fix: undefined }) : undefined;
      };

      const report = await pass(knownScope([sd2]));
      const next = await pass(knownScope([sd2]));

      expect(report.applied?.filter((one) => one.error?.startsWith('not tried after')).length).toBeGreaterThan(0);
      expect(exitCodeOfSync(report)).toBe(4);
      expect(exitCodeOfSync(next)).toBe(0);
      expect(plane.entities.size).toBe(5);
    },
  );

  it('fm-33 removes plugins when the configuration lists none, and not when it does not mention plugins', async () => {
    const first = createPasses({ settings: { sd2: { plugins: [{ name: 'acl', config: { allow: ['a'] } }] } } });
    await first.pass(knownScope([sd2]));
    const silent = createPasses({ controlPlane: first.plane, settings: { sd2: {} } });
    await silent.pass(knownScope([sd2]));
    const heldWhenSilent = first.plane.entities.has('plugin:sd2|acl');
    const explicit = createPasses({ controlPlane: first.plane, settings: { sd2: { plugins: [] } } });

    await explicit.pass(knownScope([sd2]));

    expect([heldWhenSilent, first.plane.entities.has('plugin:sd2|acl')]).toEqual([true, false]);
  });

  describe('with a plugin that can refuse requests', () => {
    const guardedBy = (...names: readonly string[]) => ({
      settings: { sd2: { plugins: names.map((name) => ({ name, config: {} })) } },
    });
    const refusing = (kind: Change['kind'], action: Change['action']) => (change: Change) =>
      change.kind === kind && change.action === action
        ? new PrivatelinkError('refused', { code: 'REJECTED', fix: undefined })
        : undefined;

    it('creates the route only after the plugin', async () => {
      const { plane, pass } = createPasses(guardedBy('key-auth'));

      await pass(knownScope([sd2]));

      expect(plane.writes.slice(-2)).toEqual(['create plugin sd2|key-auth', 'create route sd2']);
    });

    it('creates no route when the plugin failed, and both in the next pass', async () => {
      const { plane, pass } = createPasses(guardedBy('key-auth'));
      plane.failWith = refusing('plugin', 'create');

      const report = await pass(knownScope([sd2]));
      const heldWhenRefused = plane.entities.has('route:sd2');
      plane.failWith = () => undefined;
      await pass(knownScope([sd2]));

      expect(heldWhenRefused).toBe(false);
      expect(exitCodeOfSync(report)).toBe(4);
      expect(report.applied?.at(-1)?.error).toBe('its plugins of sd2 could not be written');
      expect(plane.entities.has('route:sd2')).toBe(true);
    });

    it('keeps the plugin while its replacement failed', async () => {
      const first = createPasses(guardedBy('key-auth'));
      await first.pass(knownScope([sd2]));
      const second = createPasses({ ...guardedBy('jwt'), controlPlane: first.plane });
      first.plane.failWith = refusing('plugin', 'create');

      const report = await second.pass(knownScope([sd2]));
      const heldWhenRefused = first.plane.entities.has('plugin:sd2|key-auth');
      first.plane.failWith = () => undefined;
      await second.pass(knownScope([sd2]));

      expect(heldWhenRefused).toBe(true);
      expect(report.applied?.at(-1)?.error).toBe('kept, because another of the plugins of sd2 could not be written');
      expect(first.plane.entities.has('plugin:sd2|key-auth')).toBe(false);
    });

    it('keeps the plugin while its route could not be removed', async () => {
      const first = createPasses(guardedBy('key-auth'));
      await first.pass(knownScope([sd2]));
      const second = createPasses({ settings: { sd2: { route: false, plugins: [] } }, controlPlane: first.plane });
      first.plane.failWith = refusing('route', 'delete');

      await second.pass(knownScope([sd2]));

      expect(first.plane.entities.has('plugin:sd2|key-auth')).toBe(true);
    });
  });

  it.each([
    ['sync', 'removes', ['route', 'plugin'], []],
    ['upsert-only', 'keeps', [], ['plugin', 'route']],
  ] as const)('under %s %s the part that the configuration switches off', async (mode, _, removed, kept) => {
    const first = createPasses({ settings: { sd2: { plugins: [{ name: 'key-auth', config: {} }] } } });
    await first.pass(knownScope([sd2]));
    const second = createPasses({
      settings: { sd2: { route: false, plugins: [] } },
      policy: { ...defaultPolicy, mode },
      controlPlane: first.plane,
    });

    const report = await second.pass(knownScope([sd2]));

    expect(report.changes.map(({ action, kind }) => `${action} ${kind}`)).toEqual(
      removed.map((kind) => `delete ${kind}`),
    );
    expect(report.kept.map(({ reason }) => reason.split('removes no ')[1]).sort()).toEqual(kept);
  });

  it('writes nothing, and ends with 1, when credentials fail everywhere, whatever is known from before', async () => {
    const { plane, pass } = createPasses();

    const report = await pass({ ...unknownScope([sd2]), code: 'ACCESS_DENIED', reason: 'denied' } as ScopeState);

    expect(exitCodeOfSync(report)).toBe(1);
    expect(report.changes).not.toEqual([]);
    expect(plane.writes).toEqual([]);
  });
});

describe('fm-54 a pass whose control plane never stops answering', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends after ten minutes of reading, writes nothing, and waits until the read has ended', async () => {
    jest.useFakeTimers();
    const { plane, deps } = createPasses({ discover: async () => snapshotOf(knownScope([sd2])) });
    let isReading = true;
    const read: typeof plane.read = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            isReading = false;
            reject(signal.reason);
          }, 1_000),
        ),
      );
    const rejection = expect(
      runOnce({ ...deps, controlPlane: { ...plane, read } }, new AbortController().signal),
    ).rejects.toMatchObject({
      code: 'TIMEOUT',
      reason: 'the control plane was not read within 600 s',
      fix: expect.stringContaining('the next pass'),
    });

    await jest.advanceTimersByTimeAsync(601_000);

    await rejection;
    expect([isReading, plane.writes]).toEqual([false, []]);
  });
});
