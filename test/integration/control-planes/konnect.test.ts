import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { uuidOf } from '#core/uuid';
import { concurrently } from '#io/concurrently';
import type { Change } from '#sync/plan/changes';
import {
  createsOf,
  documentOf,
  owner,
  type Stage,
  signal,
  startStage,
  token,
  writeAll,
} from '../../support/control-planes/konnect';
import { until } from '../../support/until';

let stage: Stage;

beforeEach(async () => {
  stage = await startStage({ controlPlanes: [{ name: 'prod' }, { name: 'stage' }] });
});

afterEach(() => stage.konnect.close());

const tagged = ['kong-privatelink', `owner:${owner}`];
const upstreamId = uuidOf('upstream:sd2.privatelink');

function findCreate(creates: readonly Change[], kind: Change['kind']): Change {
  const change = creates.find((one) => one.kind === kind);
  if (!change) throw new Error(`no create of a ${kind}`);
  return change;
}

describe('read', () => {
  it('returns the written entities, with keys, parents and domains', async () => {
    const creates = createsOf(documentOf('sd2', 2));
    await writeAll(stage.plane, creates);

    const held = await stage.plane.read(signal);

    expect(held.map(({ kind, key, parent, domain, id }) => ({ kind, key, parent, domain, id }))).toEqual(
      creates.map(({ kind, key, after, domain, id }) => ({ kind, key, parent: after?.parent, domain, id })),
    );
    expect(held.find((one) => one.kind === 'target')).toMatchObject({
      fields: { target: '10.0.0.0:80', weight: 100 },
      tags: ['kong-privatelink', `owner:${owner}`, 'scope:hub.self.us-east-1', 'vpce-1'],
    });
  });

  it('fm-08 reads every page of 2,500 targets', async () => {
    const creates = createsOf(documentOf('sd2', 2_500));
    const upstream = findCreate(creates, 'upstream');
    await stage.plane.write(upstream, signal);
    for (const change of creates.filter((one) => one.kind === 'target')) {
      const fields = { ...change.after?.fields, tags: change.after?.tags ?? [], upstream: { id: upstream.id } };
      stage.konnect.seed('prod', 'targets', fields);
    }
    stage.konnect.resetCalls();

    const held = await stage.plane.read(signal);

    expect(new Set(held.map((one) => one.key)).size).toBe(2_501);
    expect(stage.konnect.calls.filter((call) => call.path.includes('/targets?'))).toHaveLength(3);
    expect(stage.konnect.calls).toHaveLength(1 + 4 + 3);
  });

  it('reads the content again only after its own write while the hash of the configuration stays', async () => {
    const creates = createsOf(documentOf('sd2', 0));
    await writeAll(stage.plane, creates);
    const lists = async () => {
      stage.konnect.resetCalls();
      await stage.plane.read(signal);
      return stage.konnect.calls.filter((call) => call.path.includes('/core-entities/')).length;
    };
    await lists();
    await lists();
    const unchanged = await lists();

    await stage.plane.write(findCreate(creates, 'upstream'), signal);

    expect([unchanged, await lists()]).toEqual([0, 5]);
  });

  it("leaves out entities that lack one of the owner's tags", async () => {
    stage.konnect.seed('prod', 'services', {
      name: 'theirs',
      host: 'a.test',
      tags: ['kong-privatelink', 'owner:other'],
    });
    stage.konnect.seed('prod', 'services', { name: 'ours', host: 'a.test', tags: tagged });

    const held = await stage.plane.read(signal);

    expect(held.map((one) => one.key)).toEqual(['ours']);
  });

  it('returns an own entity below a foreign parent without the parent', async () => {
    const service = stage.konnect.seed('prod', 'services', { name: 'theirs', host: 'a.test' });
    stage.konnect.seed('prod', 'routes', { name: 'sd9', paths: ['/sd9'], service: { id: service.id }, tags: tagged });

    const [route] = await stage.plane.read(signal);

    expect(route).toMatchObject({ kind: 'route', key: 'sd9', domain: 'sd9' });
    expect(route?.parent).toBeUndefined();
  });

  it('looks up the control plane at every read, because a recreated one has another id', async () => {
    await stage.plane.read(signal);
    stage.konnect.resetCalls();

    await stage.plane.read(signal);

    expect(stage.konnect.calls.filter((call) => call.path.startsWith('/v2/control-planes?'))).toHaveLength(1);
  });

  it('fm-08 fails as a whole when the second page fails', async () => {
    await stage.konnect.close();
    stage = await startStage({ pageCap: 2 });
    await writeAll(stage.plane, createsOf(documentOf('sd2', 3)));
    stage.konnect.inject({ kind: 'status', status: 503, path: /targets\?.*offset=/, times: 3 });

    await expect(stage.plane.read(signal)).rejects.toMatchObject({ code: 'CONTROL_PLANE_FAILED', transient: true });
  });

  it('reads a truncated list again', async () => {
    await writeAll(stage.plane, createsOf(documentOf('sd2', 3)));
    stage.konnect.inject({ kind: 'truncate', path: /targets\?/ });

    const held = await stage.plane.read(signal);

    expect(held.filter((one) => one.kind === 'target')).toHaveLength(3);
  });
});

describe('readForeign', () => {
  it('names foreign entities of the kinds that the plan creates', async () => {
    const creates = createsOf(documentOf('sd2', 1));
    const upstream = stage.konnect.seed('prod', 'upstreams', { name: 'sd2.privatelink' });
    const service = stage.konnect.seed('prod', 'services', { name: 'sd2', host: 'a.test', tags: ['kong-privatelink'] });
    stage.konnect.seed('prod', 'services', { name: 'other', host: 'a.test' });

    const foreign = await stage.plane.readForeign(creates, signal);

    expect(foreign).toEqual([
      { kind: 'upstream', key: 'sd2.privatelink', id: upstream.id },
      { kind: 'service', key: 'sd2', id: service.id },
    ]);
  });

  it('does not look below parents that the plan creates too', async () => {
    await stage.plane.read(signal);
    stage.konnect.resetCalls();

    await stage.plane.readForeign(createsOf(documentOf('sd2', 1)), signal);

    expect(stage.konnect.calls.map((call) => new URL(call.path, stage.konnect.url).pathname.split('/').at(-1))).toEqual(
      ['upstreams', 'services', 'routes'],
    );
  });

  it('reads the targets of one upstream when the plan adds a target to it', async () => {
    const [first, second] = [documentOf('sd2', 1), documentOf('sd2', 2)];
    await writeAll(stage.plane, createsOf(first));
    const foreignTarget = { target: '10.0.0.1:80', upstream: { id: upstreamId } };
    const { id } = stage.konnect.seed('prod', 'targets', foreignTarget);
    const created = createsOf(second).filter((one) => one.key === 'sd2.privatelink|10.0.0.1:80');
    stage.konnect.resetCalls();

    const foreign = await stage.plane.readForeign(created, signal);

    expect(foreign).toEqual([{ kind: 'target', key: 'sd2.privatelink|10.0.0.1:80', id }]);
    expect(stage.konnect.calls).toHaveLength(1);
    expect(stage.konnect.calls[0]?.path).toContain(`/upstreams/${upstreamId}/targets?`);
  });

  it('reads the list of all targets when more than four upstreams gain a target', async () => {
    const documents = ['a', 'b', 'c', 'd', 'e'].map((name) => documentOf(name, 1));
    await writeAll(stage.plane, documents.flatMap(createsOf));
    const creates = documents.flatMap(createsOf).filter((one) => one.kind === 'target');
    stage.konnect.resetCalls();

    const foreign = await stage.plane.readForeign(creates, signal);

    expect(foreign).toEqual([]);
    expect(stage.konnect.calls.map((call) => call.path)).toEqual([
      expect.stringContaining('/core-entities/targets?size=1000'),
    ]);
  });
});

describe('write', () => {
  it('fm-19 leaves one entity when one change is applied twice', async () => {
    const creates = createsOf(documentOf('sd2', 1));
    await writeAll(stage.plane, creates);
    await writeAll(stage.plane, creates);

    expect(stage.konnect.entities('prod', 'targets')).toHaveLength(1);
    expect(stage.konnect.calls.every((call) => call.method !== 'POST' && call.method !== 'PATCH')).toBe(true);
  });

  it('fm-19 changes the weight of a target with PUT', async () => {
    const creates = createsOf(documentOf('sd2', 1));
    await writeAll(stage.plane, creates);
    const create = findCreate(creates, 'target');
    const after = create.after && { ...create.after, fields: { ...create.after.fields, weight: 7 } };

    await stage.plane.write({ ...create, action: 'update', after }, signal);

    expect(stage.konnect.entities('prod', 'targets')).toMatchObject([{ id: create.id, weight: 7 }]);
  });

  it('deletes entities, even those that left with their upstream', async () => {
    const creates = createsOf(documentOf('sd2', 1));
    await writeAll(stage.plane, creates);
    const deletes = ['upstream', 'target'] as const;

    for (const kind of deletes) await stage.plane.write({ ...findCreate(creates, kind), action: 'delete' }, signal);

    expect(stage.konnect.entities('prod', 'targets')).toEqual([]);
  });

  it("names the request, Konnect's message and the field when Konnect refuses an entity", async () => {
    const [upstream] = createsOf(documentOf('sd2', 0));
    stage.konnect.seed('prod', 'upstreams', { name: 'sd2.privatelink' });

    const writing = stage.plane.write(upstream as Change, signal);

    await expect(writing).rejects.toMatchObject({ code: 'REJECTED', transient: false });
    await expect(writing).rejects.toThrow(
      /400 to PUT http:.*\/v2\/control-planes\/.*\/upstreams\/.*: data constraint error; name: .*unique.*sd2\.privatelink/,
    );
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT')).toHaveLength(1);
  });

  it('fm-15 waits as long as Retry-After says, then goes on', async () => {
    stage.konnect.inject({ kind: 'status', status: 429, headers: { 'retry-after': '2' }, method: 'PUT', times: 2 });
    const startMs = stage.clock.now();

    await writeAll(stage.plane, createsOf(documentOf('sd2', 0)).slice(0, 1));

    expect(stage.clock.now() - startMs).toBeGreaterThanOrEqual(4_000);
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT').map((call) => call.status)).toEqual([
      429, 429, 200,
    ]);
  });

  it('fm-15 gives up at once when Retry-After is longer than 5 s: the next pass plans again', async () => {
    stage.konnect.inject({ kind: 'status', status: 429, headers: { 'retry-after': '60' }, method: 'PUT', times: 9 });

    const writing = writeAll(stage.plane, createsOf(documentOf('sd2', 0)));

    await expect(writing).rejects.toMatchObject({ code: 'RATE_LIMITED', transient: true });
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT')).toHaveLength(1);
  });

  it('gives up after three answers of 500', async () => {
    stage.konnect.inject({ kind: 'status', status: 500, method: 'PUT', times: 9 });

    const writing = writeAll(stage.plane, createsOf(documentOf('sd2', 0)));

    await expect(writing).rejects.toMatchObject({ code: 'CONTROL_PLANE_FAILED', transient: true });
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT')).toHaveLength(3);
  });

  it.each(['before', 'after'] as const)(
    'fm-27 writes again when the connection drops %s the write took effect',
    async (when) => {
      stage.konnect.inject({ kind: 'drop', when, method: 'PUT', path: /targets/, after: 1 });

      await writeAll(stage.plane, createsOf(documentOf('sd2', 3)));

      expect(stage.konnect.entities('prod', 'targets')).toHaveLength(3);
      expect(stage.konnect.calls.filter((call) => call.status === 0)).toHaveLength(1);
    },
  );

  it('is UNREACHABLE and transient when the connection drops every time', async () => {
    stage.konnect.inject({ kind: 'drop', method: 'PUT', times: 9 });

    const writing = writeAll(stage.plane, createsOf(documentOf('sd2', 0)));

    await expect(writing).rejects.toMatchObject({ code: 'UNREACHABLE', transient: true });
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT')).toHaveLength(3);
  });

  it('makes at most four calls at once', async () => {
    const creates = createsOf(documentOf('sd2', 12));
    await writeAll(stage.plane, creates.slice(0, 1));
    stage.konnect.resetCalls();
    stage.konnect.inject({ kind: 'delay', ms: 20, times: 12 });

    await Promise.all(creates.filter((one) => one.kind === 'target').map((one) => stage.plane.write(one, signal)));

    expect(stage.konnect.entities('prod', 'targets')).toHaveLength(12);
    expect(stage.konnect.peakCalls()).toBe(4);
  });

  it('times out when no answer comes, and does not retry', async () => {
    stage.konnect.inject({ kind: 'hang', method: 'PUT', times: 9 });
    const hasty = stage.connect({}, { timeoutMs: 100 });
    // Only the write may time out.
    await until('it has read', () => hasty.read(signal).then(() => true));
    stage.konnect.resetCalls();

    const writing = writeAll(hasty, createsOf(documentOf('sd2', 0)));

    await expect(writing).rejects.toMatchObject({ code: 'TIMEOUT', transient: true });
    expect(stage.konnect.calls.filter((call) => call.method === 'PUT')).toHaveLength(1);
  });

  it('ends with the reason of the signal when aborted', async () => {
    await stage.plane.read(signal);
    stage.konnect.inject({ kind: 'hang', method: 'PUT' });
    const controller = new AbortController();
    const [upstream] = createsOf(documentOf('sd2', 0));

    const writing = stage.plane.write(upstream as Change, controller.signal);
    controller.abort(new Error('stopping'));

    await expect(writing).rejects.toThrow('stopping');
  });
});

describe('the control plane by name', () => {
  it('is CONTROL_PLANE_UNKNOWN, with the names that exist, when there is none', async () => {
    const reading = stage.connect({ name: 'production' }).read(signal);

    await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE_UNKNOWN', transient: false });
    await expect(reading).rejects.toThrow(/"production".*prod, stage/);
  });

  it.each([
    ['CLUSTER_TYPE_CONTROL_PLANE_GROUP', /group/],
    ['CLUSTER_TYPE_K8S_INGRESS_CONTROLLER', /Kubernetes/],
  ])('is refused when it is a %s', async (clusterType, message) => {
    await stage.konnect.close();
    stage = await startStage({ controlPlanes: [{ name: 'prod', clusterType }] });

    const reading = stage.plane.read(signal);

    await expect(reading).rejects.toMatchObject({ code: 'CONFIG_INVALID', transient: false });
    await expect(reading).rejects.toThrow(message);
  });

  it('is CONTROL_PLANE_AUTH, without the token in the message, when the token is wrong', async () => {
    const reading = stage.connect({ token: 'kpat_wrong' }).read(signal);

    await expect(reading).rejects.toMatchObject({ code: 'CONTROL_PLANE_AUTH', transient: false });
    await expect(reading).rejects.toThrow(/controlPlane\.token/);
    await expect(reading).rejects.not.toThrow(/kpat_wrong/);
    expect(stage.konnect.calls).toHaveLength(1);
  });

  it('is CONTROL_PLANE_AUTH when the token may read but not write', async () => {
    stage.konnect.inject({ kind: 'status', status: 403, method: 'PUT' });

    const writing = writeAll(stage.plane, createsOf(documentOf('sd2', 0)));

    await expect(writing).rejects.toMatchObject({ code: 'CONTROL_PLANE_AUTH', transient: false });
  });

  it('never shows a token that a server quotes', async () => {
    const [upstream] = createsOf(documentOf('sd2', 0));
    const after = upstream?.after && { ...upstream.after, fields: { ...upstream.after.fields, [token]: 1 } };

    const writing = stage.plane.write({ ...(upstream as Change), after }, signal);

    await expect(writing).rejects.toThrow(/additional properties '\*\*\*' not allowed/);
  });

  it('is CONTROL_PLANE when the address is not Konnect’s', async () => {
    stage.konnect.inject({ kind: 'status', status: 200 });

    await expect(stage.plane.read(signal)).rejects.toMatchObject({ code: 'CONTROL_PLANE', transient: false });
  });
});

describe('readRollout', () => {
  const pingSeconds = 1_800_000_000;

  it('counts no node when none is connected', async () => {
    await expect(stage.plane.readRollout(signal)).resolves.toEqual({ nodes: 0, inSync: 0 });
  });

  it('counts nodes on all pages, and the nodes that run the expected configuration', async () => {
    await stage.konnect.close();
    stage = await startStage({ pageCap: 1 });
    const report = (id: string, configHash: string, lastPing = pingSeconds) =>
      stage.konnect.reportNode('prod', { id, hostname: id, configHash, lastPing });
    report('a', stage.konnect.configHash('prod'));
    report('b', 'old');
    report('c', stage.konnect.configHash('prod'));
    report('gone', 'old', pingSeconds - 61);

    await expect(stage.plane.readRollout(signal)).resolves.toEqual({
      nodes: 3,
      inSync: 2,
      hash: stage.konnect.configHash('prod'),
    });
  });

  it.each([-6, 6])('fm-41 counts nodes by the time of Konnect where the clock here is set by %i h', async (hours) => {
    const configHash = stage.konnect.configHash('prod');
    const report = (id: string, lastPing: number) =>
      stage.konnect.reportNode('prod', { id, hostname: id, configHash, lastPing });
    report('a', pingSeconds);
    report('gone', pingSeconds - 61);
    stage.clock.step(hours * 3_600_000);

    await expect(stage.plane.readRollout(signal)).resolves.toMatchObject({ nodes: 1, inSync: 1 });
  });

  it('does not count a node after a write', async () => {
    const configHash = stage.konnect.configHash('prod');
    stage.konnect.reportNode('prod', { id: 'a', hostname: 'a', configHash, lastPing: pingSeconds });
    const before = await stage.plane.readRollout(signal);
    await writeAll(stage.plane, createsOf(documentOf('sd2', 0)));

    const after = await stage.plane.readRollout(signal);

    expect([before, after]).toEqual([
      { nodes: 1, inSync: 1, hash: configHash },
      { nodes: 1, inSync: 0, hash: stage.konnect.configHash('prod') },
    ]);
  });
});

it('writes 1,000 targets with one call each', async () => {
  const creates = createsOf(documentOf('sd2', 1_000));
  await writeAll(stage.plane, creates.slice(0, 1));
  const targets = creates.filter((one) => one.kind === 'target');
  stage.konnect.resetCalls();

  await concurrently(targets, { limit: 4, signal }, (change) => stage.plane.write(change, signal));

  expect(stage.konnect.calls).toHaveLength(1_000);
});
