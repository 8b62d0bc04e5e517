import { describe, expect, it } from '@jest/globals';
import type { Endpoint, ScopeState } from '#core/model';
import { renderText } from '#deck/file/write';
import { planOnce } from '#sync/pass/plan-once';
import type { Change } from '#sync/plan/changes';
import { endpointOf, knownScope, unknownScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

const signal = new AbortController().signal;

/** Passes over a control plane whose route of sd2 has `paths`, as an earlier version wrote it. */
async function upgraded(paths: readonly string[], ...endpoints: readonly Endpoint[]) {
  const passes = createPasses();
  const { plane, pass } = passes;
  await pass(knownScope(endpoints));
  const route = plane.entities.get('route:sd2');
  if (!route) throw new Error('no route');
  plane.entities.set('route:sd2', { ...route, fields: { ...route.fields, paths } });
  plane.writes.length = 0;
  return { ...passes, held: route };
}

function pathsOf({ plane }: Pick<Awaited<ReturnType<typeof upgraded>>, 'plane'>): unknown {
  return plane.entities.get('route:sd2')?.fields.paths;
}

const bounded = ['~/sd2$', '/sd2/'];
const update = ['update route sd2'];

describe('the first pass over routes of an earlier version', () => {
  it('fm-46 updates each route once, in place, and says why; the next pass has nothing to do', async () => {
    const stage = await upgraded(['/sd2'], endpointOf());

    const { changes } = await stage.pass(knownScope([endpointOf()]));
    await stage.pass(knownScope([endpointOf()]));

    expect(stage.plane.writes).toEqual(update);
    expect(changes.map((one) => one.reason)).toEqual(['paths ["/sd2"] bounded by segments']);
    expect(stage.plane.entities.get('route:sd2')).toEqual({ ...stage.held, fields: stage.held.fields });
    expect(pathsOf(stage)).toEqual(bounded);
  });

  it.each<[string, ScopeState]>([
    ['is being modified', knownScope([endpointOf({ state: 'pending' })])],
    ['is quarantined', knownScope([], [quarantinedSd2()])],
    ['is not seen', unknownScope()],
    ['has rejected its connection', knownScope([endpointOf({ state: 'rejected' })])],
  ])('fm-46 bounds the route of a domain whose endpoint %s, in the file and in the plan', async (_, scope) => {
    const stage = await upgraded(['/sd2'], endpointOf());
    const { outcome } = await planOnce(
      { ...stage.deps, discover: async () => ({ takenAtMs: 1, scopes: [scope] }) },
      signal,
    );

    await stage.pass(scope);

    expect(stage.plane.writes.filter((one) => one.includes('route'))).toEqual(update);
    expect(stage.plane.entities.get('route:sd2')).toEqual({ ...stage.held, tags: [...stage.held.tags].sort() });
    expect(renderText(outcome, { owner: 'test' })).toContain('- "~/sd2$"');
  });

  it('fm-46 does not change an own route below a foreign service, because a write would move the route', async () => {
    const stage = await upgraded(['/sd2'], endpointOf());
    const { parent: _, ...orphan } = stage.held;
    stage.plane.entities.set('route:sd2', { ...orphan, fields: { ...orphan.fields, paths: ['/sd2'] } });

    await stage.pass(unknownScope());

    expect(stage.plane.writes).toEqual([]);
  });

  it('fm-46 does not change the owner of a path, despite a rival or an older endpoint with other tags', async () => {
    const rival = endpointOf({ id: 'vpce-rival', domain: 'rival', createdAtMs: 1, paths: ['/sd2'] });
    const rogue = endpointOf({ id: 'vpce-rogue', createdAtMs: 1, paths: ['/other'] });
    const stage = await upgraded(['/sd2'], endpointOf());

    const { quarantined } = await stage.pass(knownScope([rival, rogue, endpointOf()]));

    expect(quarantined.map((one) => one.endpointId).sort()).toEqual(['vpce-rival', 'vpce-rogue']);
    expect(stage.plane.writes).toEqual(update);
  });

  it.each([
    ['describes a change of paths as tags do', ['/store'], 'paths ["/sd2"] -> ["/store"]; strip_path true -> false'],
    ['names the regular expression of a person', [], 'paths ["/sd2","~/v\\\\d+"] -> ["/sd2"]', ['/sd2', '~/v\\d+']],
    ['completes half a path', [], 'paths ["/sd2"] bounded by segments', ['/sd2/']],
  ])('fm-46 %s', async (_, paths, reason, held = ['/sd2']) => {
    const stage = await upgraded(held, endpointOf());

    const { changes } = await stage.pass(knownScope([endpointOf({ paths })]));

    expect(changes.map((one) => one.reason)).toEqual([reason]);
  });

  it('fm-46 describes the paths of a new route as tags do', async () => {
    const { changes } = await createPasses().pass(knownScope([endpointOf({ paths: ['/a', '/b'] })]));

    expect(changes.find((one) => one.kind === 'route')?.reason).toBe('paths /a /b');
  });
});

describe('a plan from before bounded routes', () => {
  const older = (change: Change): Change => {
    const { after } = change;
    return change.kind === 'route' && after
      ? { ...change, after: { ...after, fields: { ...after.fields, paths: ['/sd2'] } } }
      : change;
  };
  const said = expect.stringMatching(
    /^an older version made the approved plan, .*: route sd2; make a new plan with diff --out/,
  );

  it('fm-46 is refused with that reason if it creates a route of the old form', async () => {
    const { deps, pass, plane } = createPasses();
    const scope = knownScope([endpointOf()]);
    const { plan } = await planOnce({ ...deps, discover: async () => ({ takenAtMs: 1, scopes: [scope] }) }, signal);
    Object.assign(deps, { approved: { changes: plan.changes.map(older) } });

    const { refused } = await pass(scope);

    expect(refused).toEqual(said);
    expect(plane.writes).toEqual([]);
  });

  it('fm-46 is refused with that reason if it updates a route to the old form, needed or not', async () => {
    const stage = await upgraded(bounded, endpointOf());
    const route = stage.held;
    const change = { action: 'update', kind: 'route', key: 'sd2', domain: 'sd2', id: 'x', reason: 'x', after: route };
    Object.assign(stage.deps, { approved: { changes: [older(change as Change)] } });

    expect((await stage.pass(knownScope([endpointOf()]))).refused).toEqual(said);
  });

  it('fm-46 is refused with that reason if it lacks the one update of a route', async () => {
    const stage = await upgraded(['/sd2'], endpointOf());
    Object.assign(stage.deps, { approved: { changes: [] } });

    expect((await stage.pass(knownScope([endpointOf({ weight: 7 })]))).refused).toEqual(said);
    expect(stage.plane.writes).toEqual([]);
  });

  it('fm-46 counts routes beyond the first three', async () => {
    const { deps, pass } = createPasses();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const scope = knownScope(names.map((domain) => endpointOf({ id: `vpce-${domain}`, domain })));
    const { plan } = await planOnce({ ...deps, discover: async () => ({ takenAtMs: 1, scopes: [scope] }) }, signal);
    Object.assign(deps, { approved: { changes: plan.changes.map(older) } });

    expect((await pass(scope)).refused).toContain('route a, b, c and 2 more;');
  });

  it('fm-46 is accepted when it was made since', async () => {
    const stage = await upgraded(['/sd2'], endpointOf());
    const scope = knownScope([endpointOf()]);
    const deps = { ...stage.deps, discover: async () => ({ takenAtMs: 1, scopes: [scope] }) };
    Object.assign(stage.deps, { approved: { changes: (await planOnce(deps, signal)).plan.changes } });

    expect((await stage.pass(scope)).refused).toBeUndefined();
    expect(pathsOf(stage)).toEqual(bounded);
  });
});

function quarantinedSd2() {
  const { id, scopeId, domain } = endpointOf();
  return { endpointId: id, scopeId, domain, code: 'bad-tag', reason: 'tag kong:port is "x"', fix: 'a port' } as const;
}
