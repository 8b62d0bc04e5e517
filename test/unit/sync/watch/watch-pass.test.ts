import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { runOnce } from '#sync/pass/run-once';
import { createMetrics } from '#sync/watch/metrics/store';
import { createWatchPass } from '#sync/watch/watch-pass';
import {
  deleted,
  endpointOf,
  hubScope,
  knownScope,
  snapshotOf,
  tenEndpoints,
  unknownScope,
} from '../../../support/builders';
import { createPasses, defaultPolicy, silentLog } from '../../../support/passes';
import { openWatch } from '../../../support/watch/memory';

const other = endpointOf({ id: 'vpce-2', addresses: [{ ip: '10.0.3.11', region: 'us-east-1' }] });

describe('createWatchPass', () => {
  it.each([
    ['as long as the interval', 60_000, []],
    [
      'longer',
      60_001,
      [expect.stringMatching(/longer than watch.intervalSeconds \(60\).*raise discovery.concurrency/)],
    ],
  ])('reports that a pass takes %s', async (_, tookMs, expected) => {
    const { clock, run, warnings } = openWatch({
      confirmGone: async () => {
        clock.advance(tookMs);
        return { goneIds: [], warnings: [] };
      },
    });

    await run();

    expect(warnings).toEqual(expected);
  });

  it('fm-09 applies the first change at once and collects later changes for 30 s', async () => {
    const { plane, clock, run, see } = openWatch();
    await run();
    const first = plane.writes.length;
    see(endpointOf(), other);

    const held = await run();
    const heldWrites = plane.writes.length;
    clock.advance(30_000);
    await run();

    expect(first).toBeGreaterThan(0);
    expect(held).toMatchObject({ kind: 'done', heldUntilMs: 30_000 });
    expect(heldWrites).toBe(first);
    expect(plane.writes.at(-1)).toContain('10.0.3.11');
  });

  it('reports in the log, the report and a metric how many changes wait for the window, and until when', async () => {
    const { clock, run, see, told, reports, metric } = openWatch();
    await run();
    see(endpointOf(), other);
    await run();
    const waiting = metric('changes_held');
    clock.advance(30_000);
    await run();

    const expected = [{ held: 0 }, { held: 1, heldUntil: '1970-01-01T00:00:31.000Z' }, { held: 0 }];
    expect(told('pass ended')).toMatchObject(expected);
    expect(reports).toMatchObject(expected);
    expect(told('pass ended')[2]?.heldUntil).toBeUndefined();
    expect([waiting, metric('changes_held')]).toEqual([1, 0]);
  });

  it('counts, logs and reports the running write when it is aborted', async () => {
    const { plane, run, told, reports, metric } = openWatch();
    const stopping = new AbortController();
    plane.failWith = () => void stopping.abort(new Error('stopped by SIGTERM'));

    await run(stopping.signal);

    expect(plane.writes).toEqual(['create upstream sd2.privatelink']);
    expect(metric('changes_applied_total')).toBe(1);
    expect(told('change applied')).toMatchObject([{ action: 'create', kind: 'upstream', key: 'sd2.privatelink' }]);
    expect(reports[0]?.applied?.map(({ outcome }) => outcome)).toEqual(['applied', ...Array(4).fill('skipped')]);
  });

  it.each([-6, 6])('fm-41 collects for 30 s, and reports the end, even if the clock is set by %i h', async (hours) => {
    const { plane, clock, run, see, reports } = openWatch();
    await run();
    see(endpointOf(), other);
    clock.step(hours * 3_600_000);

    await run();
    const until = reports.at(-1)?.heldUntil;
    clock.advance(30_000);
    await run();

    expect(until).toBe(new Date(31_000 + hours * 3_600_000).toISOString());
    expect(plane.writes.at(-1)).toContain('10.0.3.11');
  });

  it('fm-41 measures a pass by elapsed time, not by the wall clock', async () => {
    const { deps, clock, run, metrics } = openWatch({
      confirmGone: async () => {
        clock.advance(2_000);
        clock.step(-3_600_000);
        return { goneIds: [], warnings: [] };
      },
    });

    await run();

    expect(deps.clock).toBe(clock);
    expect(metrics.samples().kong_privatelink_pass_duration_seconds?.['_bucket{le="2.5"}']).toBe(1);
    expect(metrics.samples().kong_privatelink_pass_duration_seconds?.['_bucket{le="1"}']).toBe(0);
  });

  it('does not run early for held changes when the next plan is refused', async () => {
    const { clock, run, see } = openWatch();
    see(...tenEndpoints);
    await run();
    see(...tenEndpoints, other);
    const held = await run();
    clock.advance(30_000);
    see(...deleted(tenEndpoints));

    const refused = await run();

    expect(held).toMatchObject({ heldUntilMs: 30_000 });
    expect(refused).toMatchObject({ kind: 'done', heldUntilMs: undefined });
  });

  it('logs each written change, with its reason, and no failed change', async () => {
    const { plane, run, told } = openWatch();
    plane.failWith = ({ key }) =>
      key.includes('10.0.1.11') ? new PrivatelinkError('no', { code: 'REJECTED', fix: undefined }) : undefined;

    await run();

    expect(told('change applied').map(({ action, kind, key }) => `${action} ${kind} ${key}`)).toEqual(
      plane.writes.filter((write) => !write.includes('10.0.1.11')),
    );
    expect(told('change applied')).toContainEqual({
      plan: 1,
      action: 'create',
      kind: 'target',
      key: 'sd2.privatelink|10.0.2.11:80',
      domain: 'sd2',
      reason: expect.stringContaining('vpce-1'),
      msg: 'change applied',
    });
  });

  it('logs a hundred of the written changes, and the number of the others', async () => {
    const { plane, run, see, told } = openWatch();
    const ips = Array.from({ length: 120 }, (_, index) => ({ ip: `10.0.5.${index + 1}`, region: 'us-east-1' }));
    see(endpointOf({ addresses: ips }));

    await run();

    expect(told('change applied')).toHaveLength(100);
    expect(told('more changes applied')).toMatchObject([{ plan: 1, more: plane.writes.length - 100 }]);
  });

  it('does not delay a withdrawal', async () => {
    const { plane, run, see } = openWatch();
    await run();
    see(endpointOf({ state: 'deleted' }));

    await run();

    expect(plane.writes.at(-1)).toMatch(/^delete target/);
  });

  it('fm-14 retries an invalid entity only after its content changes, and other failures at once', async () => {
    const { plane, clock, run, see } = openWatch();
    const tries = () => plane.writes.filter((write) => write.includes('service')).length;
    plane.failWith = ({ kind }) =>
      kind === 'service' ? new PrivatelinkError('no', { code: 'REJECTED', fix: undefined }) : undefined;
    for (let count = 0; count < 3; count += 1) {
      await run();
      clock.advance(60_000);
    }
    const rejected = tries();
    see(endpointOf({ protocol: 'https' }));
    plane.failWith = () => new PrivatelinkError('no', { code: 'CONTROL_PLANE_AUTH', fix: undefined });
    await run();
    plane.failWith = () => undefined;
    clock.advance(60_000);
    await run();

    expect(rejected).toBe(1);
    expect([...plane.entities.keys()].some((name) => name.startsWith('service:'))).toBe(true);
  });

  it('fm-14 retries an invalid entity after five minutes, because its obstacle may be gone', async () => {
    const { plane, clock, run } = openWatch();
    plane.failWith = ({ kind }) =>
      kind === 'target' ? new PrivatelinkError('taken', { code: 'REJECTED', fix: undefined }) : undefined;
    await run();
    plane.failWith = () => undefined;
    clock.advance(299_999);
    await run();
    const early = [...plane.entities.keys()].filter((name) => name.startsWith('target:'));
    clock.advance(1);
    await run();

    expect(early).toEqual([]);
    expect([...plane.entities.keys()].filter((name) => name.startsWith('target:'))).toHaveLength(2);
  });

  it('passes a withdrawal of another domain during the window, and goes on collecting the rest', async () => {
    const { plane, clock, run, see } = openWatch();
    const gone = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: other.addresses });
    see(endpointOf(), gone);
    await run();
    const before = plane.writes.length;
    const added = endpointOf({ id: 'vpce-4', addresses: [{ ip: '10.0.4.11', region: 'us-east-1' }] });
    see(endpointOf(), added, { ...gone, state: 'deleted' });

    const early = await run();
    const first = plane.writes.slice(before);
    clock.advance(30_000);
    await run();
    const rest = plane.writes.slice(before + first.length);

    expect(first).toEqual([expect.stringMatching(/^delete target .*10\.0\.3\.11/)]);
    expect(early).toMatchObject({ heldUntilMs: 30_000 });
    expect(rest).toEqual([expect.stringMatching(/^create target .*10\.0\.4\.11/)]);
  });

  it('writes a replacement before its target leaves, even during the window', async () => {
    const { plane, run, see } = openWatch();
    await run();
    const before = plane.writes.length;
    see(endpointOf({ state: 'deleted' }), other);

    await run();

    expect(plane.writes.slice(before).map((write) => write.split(' ')[0])).toEqual(['create', 'delete', 'delete']);
  });

  it('does not collect changes that failed before', async () => {
    const { plane, clock, run } = openWatch();
    plane.failWith = ({ kind }) =>
      kind === 'service' ? new PrivatelinkError('busy', { code: 'CONTROL_PLANE_FAILED', fix: undefined }) : undefined;
    const failed = await run();
    plane.failWith = () => undefined;
    clock.advance(1_000);

    await run();

    expect(failed).toMatchObject({ kind: 'failed', code: 'CONTROL_PLANE_FAILED' });
    expect([...plane.entities.keys()].some((name) => name.startsWith('service:'))).toBe(true);
  });

  it('fm-14 plans a failed entity again in the next pass if its obstacle was temporary', async () => {
    const { plane, clock, run } = openWatch();
    plane.failWith = ({ kind }) =>
      kind === 'service' ? new PrivatelinkError('409', { code: 'CONTROL_PLANE', fix: undefined }) : undefined;
    const first = await run();
    plane.failWith = () => undefined;
    clock.advance(60_000);
    await run();

    expect(first).toMatchObject({ kind: 'done' });
    expect([...plane.entities.keys()].some((name) => name.startsWith('service:'))).toBe(true);
  });

  it('waits longer when no scope has credentials', async () => {
    const { run, seeScopes } = openWatch();
    seeScopes({ status: 'unknown', scope: hubScope, code: 'ACCESS_DENIED', reason: 'denied' });

    expect(await run()).toEqual({ kind: 'failed', code: 'CREDENTIALS' });
  });

  it('fm-05 compares with the entities of the control plane, not with earlier writes', async () => {
    const { plane, clock, run } = openWatch();
    plane.failWith = ({ kind }) =>
      kind === 'target' ? new PrivatelinkError('lost', { code: 'TIMEOUT', fix: undefined }) : undefined;
    await run();
    plane.failWith = () => undefined;
    clock.advance(1_000);
    await run();
    await run();

    expect([...plane.entities.keys()].filter((name) => name.startsWith('target:'))).toHaveLength(2);
    expect(plane.writes.filter((write) => write.includes('10.0.1.11'))).toHaveLength(2);
  });

  it('fm-15 writes the wanted state after a wait, and nothing of the plan before it', async () => {
    const { plane, clock, run, see } = openWatch();
    const busy = new PrivatelinkError('busy', { code: 'RATE_LIMITED', fix: undefined, retryAfterMs: 42_000 });
    plane.failWith = () => busy;
    const waiting = await run();
    const before = plane.writes.length;
    see(other);
    plane.failWith = () => undefined;
    clock.advance(42_000);
    await run();

    expect(waiting).toEqual({ kind: 'failed', code: 'RATE_LIMITED', retryAfterMs: 42_000 });
    expect(plane.writes.slice(before).filter((write) => write.includes('target'))).toEqual([
      'create target sd2.privatelink|10.0.3.11:80',
    ]);
  });

  it('fm-04 shows the age of the last good of an unread scope, until the scope is read again', async () => {
    const { run, see, seeScopes, metric } = openWatch();
    const shown = () => [metric('scopes_unknown'), metric('last_good_age_seconds')];
    seeScopes(unknownScope([endpointOf()]));
    await run();
    const stale = shown();
    see(endpointOf());
    await run();

    expect([stale, shown()]).toEqual([
      [1, 0.5],
      [0, 0],
    ]);
  });

  it('fm-06 beats with each pass, and separates failed passes from others', async () => {
    const { plane, clock, run, metric } = openWatch();
    const readable = plane.read;
    const shown = () => [metric('last_pass_timestamp_seconds'), metric('last_success_timestamp_seconds')];
    await run();
    const first = shown();
    clock.advance(60_000);
    Object.assign(plane, { read: () => Promise.reject(new Error('unreachable')) });
    await run();
    const failed = shown();
    clock.advance(60_000);
    Object.assign(plane, { read: readable });
    await run();

    expect([first, failed, shown()]).toEqual([
      [1, 1],
      [61, 1],
      [121, 121],
    ]);
    expect([metric('passes_total'), metric('passes_failed_total')]).toEqual([3, 1]);
  });

  it('fm-07 removes nothing by absence until every scope has answered since the start', async () => {
    const { plane, clock, run, see, seeScopes } = openWatch();
    see(endpointOf(), other);
    await run();
    const held = plane.writes.length;
    const west = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };
    seeScopes(knownScope([endpointOf()]), unknownScope(undefined, west));
    for (let count = 0; count < 6; count += 1) {
      clock.advance(60_000);
      await run();
    }
    const writesBefore = plane.writes.length - held;
    seeScopes(knownScope([endpointOf()]), knownScope([], [], west));
    clock.advance(60_000);
    await run();

    expect(writesBefore).toBe(0);
    expect(plane.writes.at(-1)).toMatch(/^delete target .*10\.0\.3\.11/);
  });

  it('passes on the report of each pass, even of a refused one', async () => {
    const { run, reports, see } = openWatch({ policy: { ...defaultPolicy, maxRemovePercent: 0 } });
    await run();
    see(endpointOf());
    await run();

    expect(reports.map(({ changes }) => changes.length > 0)).toEqual([true, false]);
  });
});

describe('flapping', () => {
  const isFlapping = (one: string) => one.includes('is flapping');

  it('fm-10 is reported within three passes if a writer with another configuration undoes the writes', async () => {
    const { plane, clock, run, reports, warnings } = openWatch();
    const others = createPasses({ controlPlane: plane, settings: { sd2: { healthcheck: { path: '/other' } } } });
    for (let count = 0; count < 3; count += 1) {
      await run();
      await others.pass(knownScope([endpointOf()]));
      clock.advance(60_000);
    }

    expect(reports.map((report) => report.warnings.filter(isFlapping).length)).toEqual([0, 1, 1]);
    expect(warnings.filter(isFlapping)[0]).toContain('second writer');
  });

  it('fm-09 is reported for a value that changes back and forth', async () => {
    const { clock, run, see, warnings, metric } = openWatch();
    const counts: number[] = [];
    for (const weight of [100, 50, 100]) {
      see(endpointOf({ weight }));
      await run();
      counts.push(metric('entities_flapping'));
      clock.advance(60_000);
    }

    expect(counts).toEqual([0, 0, 2]);
    expect(warnings.filter(isFlapping)).toEqual([
      expect.stringContaining('10.0.1.11'),
      expect.stringContaining('10.0.2.11'),
    ]);
  });

  it('fm-09 is not reported for content that is new each time', async () => {
    const { clock, run, see, warnings } = openWatch();
    for (let count = 1; count <= 12; count += 1) {
      see(endpointOf({ weight: count }));
      await run();
      clock.advance(60_000);
    }

    expect(warnings).toEqual([]);
  });

  it('fm-10 is not reported for a second writer with an equal configuration, whose passes write nothing', async () => {
    const { plane, clock, run, warnings } = openWatch();
    const others = createPasses({ controlPlane: plane });
    for (let count = 0; count < 3; count += 1) {
      await run();
      await others.pass(knownScope([endpointOf()]));
      clock.advance(60_000);
    }

    expect(warnings).toEqual([]);
    expect(plane.writes.every((write) => write.startsWith('create'))).toBe(true);
  });
});

it('a pass passes on its snapshot with its own owner, even if the configuration changes meanwhile', async () => {
  const { deps, clock } = createPasses();
  let owner = 'before';
  const seen: string[] = [];
  const discover = async () => {
    owner = 'after';
    return snapshotOf(knownScope([endpointOf()]));
  };
  const pass = createWatchPass({
    run: runOnce,
    intervalMs: () => 60_000,
    dependencies: () => ({ ...deps, owner, discover }),
    clock,
    metrics: createMetrics(),
    log: silentLog,
    onSnapshot: (_, of) => void seen.push(of),
  });

  await pass(1, new AbortController().signal);

  expect(seen).toEqual(['before']);
});
