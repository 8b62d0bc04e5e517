import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import { startKonnect } from '#sandbox/konnect/konnect';
import { type Estate, openEstate, stagedConfig, stageOf } from '../../support/estate';
import { until } from '../../support/until';

const names = ['canary', 'eu', 'us'] as const;

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate(names.map((name) => ({ name, labels: { env: 'prod', stage: name } })));
  estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
  use(...all());
});

afterEach(() => estate.close());

const all = () => names.map((name) => stageOf(estate, name));
const away = { stage: 'away', type: 'konnect', address: 'http://127.0.0.1:1', name: 'x', token: 't' };

function use(...entries: readonly object[]): void {
  estate.configure(stagedConfig(estate, entries));
}

const targets = (name: string) => estate.konnect.entities(name, 'targets').length;
const inEach = () => names.map(targets);
const stagesOf = (out: string): readonly Record<string, unknown>[] => JSON.parse(out).stages;
const discoveries = () => estate.aws.calls.filter(({ action }) => action === 'DescribeVpcEndpoints').length;

describe('sync of several stages', () => {
  it('writes each stage, and reports each under its title, in the order of the file', async () => {
    const { exitCode, out } = await estate.run('sync');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 0, inEach: [2, 2, 2] });
    expect(out.match(/^Stage .*$/gm)).toEqual(names.map((name) => `Stage ${name}: ${name} at ${estate.konnect.url}`));
    expect(out.match(/^Applied all 5 changes$/gm)).toHaveLength(3);
  });

  it('prints one object with --json, which holds the report of each stage', async () => {
    const { exitCode, out } = await estate.run('sync', '--json');

    expect(exitCode).toBe(0);
    expect(out.trimEnd()).not.toContain('\n');
    expect(stagesOf(out).map(({ stage, owner }) => ({ stage, owner }))).toEqual(
      names.map((stage) => ({ stage, owner: 'test' })),
    );
  });

  it('reads AWS once for all stages', async () => {
    await estate.run('sync');

    expect(discoveries()).toBe(1);
  });

  it('looks up missing ids once for all stages', async () => {
    await estate.run('sync');
    const more = estate.addEndpoint('sd2', ['10.0.3.11']);
    await estate.run('sync');
    estate.world.deleteEndpoint(more);
    const before = estate.aws.calls.length;

    await estate.run('sync', '--stage', 'eu');
    const forOne = estate.aws.calls.slice(before).map(({ action }) => action);
    await estate.run('sync');
    const forOthers = estate.aws.calls.slice(before + forOne.length).map(({ action }) => action);

    expect({ forOthers, inEach: inEach() }).toEqual({ forOthers: forOne, inEach: [2, 2, 2] });
  });

  it('prints with --stage the report of a single control plane, and writes no other stage', async () => {
    const { out, exitCode } = await estate.run('sync', '--stage', 'eu', '--json');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 0, inEach: [0, 2, 0] });
    expect(JSON.parse(out)).toMatchObject({ stage: 'eu', applied: expect.any(Array) });
  });

  it('names the stages when the named stage does not exist', async () => {
    const { exitCode, err } = await estate.run('sync', '--stage', 'asia');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 1, inEach: [0, 0, 0] });
    expect(err).toContain('--stage: there is no stage "asia"; the stages are: canary, eu, us [CONFIG_INVALID]');
  });

  it('says that the only control plane is no stage', async () => {
    estate.configure(stagedConfig(estate, []).replace('controlPlanes: []', `controlPlane: ${plain()}`));

    const { exitCode, err } = await estate.run('sync', '--stage', 'eu');

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining('leave the option out') });
  });

  it('writes the other stages while one is down, and says so', async () => {
    use(all()[0] ?? {}, away, all()[2] ?? {});

    const { exitCode, out, err } = await estate.run('sync');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 1, inEach: [2, 0, 2] });
    expect(out).toContain('Stage away: x at http://127.0.0.1:1');
    expect(err).toContain('error: stage away is behind: ');
  });

  it('has in --json an error for a stage that is down, in its place', async () => {
    use(all()[0] ?? {}, away, all()[2] ?? {});

    const { exitCode, out } = await estate.run('sync', '--json');

    const [first, second, third] = stagesOf(out);
    expect(exitCode).toBe(1);
    expect([first?.applied, third?.applied]).toEqual([expect.any(Array), expect.any(Array)]);
    expect(second).toEqual({
      stage: 'away',
      controlPlane: 'x at http://127.0.0.1:1',
      error: expect.objectContaining({ code: 'UNREACHABLE', transient: true }),
    });
  });

  it('writes the other stages while one never answers', async () => {
    const slow = await startKonnect({ controlPlanes: [{ name: 'slow' }], token: 'kpat_sandbox' });
    slow.inject({ kind: 'hang', times: Infinity });
    use({ ...stageOf({ konnect: slow }, 'slow') }, ...all());

    const running = estate.run('sync', '--json');
    await until('the others are written', () => inEach().every((count) => count === 2));
    await slow.close();
    const { exitCode, out } = await running;

    expect(exitCode).toBe(1);
    expect(stagesOf(out).map(({ error }) => error !== undefined)).toEqual([true, false, false, false]);
  });

  it('writes the other stages where policy refuses one, and ends with the exit code of that one', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => estate.addEndpoint('sd2', [`10.0.3.${index + 1}`]));
    await estate.run('sync', '--stage', 'eu');
    for (const id of ids.slice(0, 15)) estate.world.deleteEndpoint(id);

    const { exitCode, out } = await estate.run('sync', '--json');

    expect(exitCode).toBe(3);
    expect(stagesOf(out).map(({ withheld }) => withheld !== undefined)).toEqual([false, true, false]);
    expect(inEach()).toEqual([7, 22, 7]);
  });

  it('ends with 4 when one stage refuses an entity, and with 1 when another is down too', async () => {
    const [upstream] = [{ name: 'sd2.privatelink', tags: ['somebody'] }];
    estate.konnect.seed('eu', 'upstreams', upstream);

    const incomplete = await estate.run('sync');
    use(...all(), away);
    const failed = await estate.run('sync');

    expect([incomplete.exitCode, failed.exitCode]).toEqual([4, 1]);
    expect(inEach()).toEqual([2, 0, 2]);
  });

  it('writes stages of all types, each separately', async () => {
    const admin = await startKongAdmin();
    const dbless = await startKongAdmin({ hasDatabase: false });
    const path = join(estate.folder, 'kong.yaml');
    use(
      { stage: 'file', type: 'file', path },
      { stage: 'admin', type: 'admin', address: admin.url },
      { stage: 'dbless', type: 'dbless', address: dbless.url },
      all()[0] ?? {},
    );

    const { exitCode, out } = await estate.run('sync');
    const again = await estate.run('diff', '--json');

    expect({ exitCode, targets: targets('canary') }).toEqual({ exitCode: 0, targets: 2 });
    expect(readFileSync(path, 'utf8')).toContain('10.0.1.11:80');
    expect(out.match(/^Applied all 5 changes$/gm)).toHaveLength(4);
    expect([admin, dbless].map((one) => one.entities('targets').length)).toEqual([2, 2]);
    expect(again.exitCode).toBe(0);
    await Promise.all([admin.close(), dbless.close()]);
  });

  it('publishes once, with the first stage', async () => {
    const { cloudMap } = estate.world;
    const namespace = cloudMap.createNamespace({ account: '222222222222', region: 'us-east-1', name: 'shared' });
    const service = cloudMap.createHttpService({ namespaceId: namespace.id, name: 'employees' });
    const publication = {
      namespace: 'shared',
      service: 'employees',
      domain: 'sd2',
      region: 'us-east-1',
      endpoint: estate.aws.url,
    };
    estate.configure(`${stagedConfig(estate, all())}publish: [${JSON.stringify(publication)}]\n`);

    await estate.run('sync', '--stage', 'eu');
    const afterAnother = cloudMap.instances(service.id).length;
    const { out } = await estate.run('sync', '--json');

    expect([afterAnother, cloudMap.instances(service.id).length]).toEqual([0, 2]);
    expect(stagesOf(out).map(({ publications }) => publications !== undefined)).toEqual([true, false, false]);
    const registered = estate.aws.calls.filter(({ action }) => action === 'RegisterInstance');
    expect(registered).toHaveLength(2);
  });
});

const plain = () =>
  JSON.stringify({ type: 'konnect', address: estate.konnect.url, name: 'canary', token: 'kpat_sandbox' });

describe('stages by labels', () => {
  const selected = (over: object = {}) => ({
    type: 'konnect',
    address: estate.konnect.url,
    token: `\${KONNECT_TOKEN}`,
    select: { env: 'prod' },
    ...over,
  });

  it('are written like stages by name', async () => {
    use(selected());

    const { exitCode, out } = await estate.run('sync', '--json');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 0, inEach: [2, 2, 2] });
    expect(stagesOf(out).map(({ stage }) => stage)).toEqual(names);
  });

  it('do not block other stages when Konnect does not list them, and are reported as an error', async () => {
    use(all()[0] ?? {}, selected({ address: 'http://127.0.0.1:1' }), all()[1] ?? {});

    const { exitCode, out, err } = await estate.run('sync');
    const told = stagesOf((await estate.run('sync', '--json')).out);

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 1, inEach: [2, 2, 0] });
    expect(out).toContain('Stages with label env: prod: at http://127.0.0.1:1\n');
    expect(err).toContain('error: stages with label env: prod are behind: ');
    expect(told[2]).toEqual({
      controlPlane: 'at http://127.0.0.1:1, label env: prod',
      error: expect.objectContaining({ code: 'UNREACHABLE' }),
    });
  });

  it('do not affect a named stage in the file', async () => {
    use(selected({ address: 'http://127.0.0.1:1' }), all()[1] ?? {});

    const { exitCode } = await estate.run('sync', '--stage', 'eu');
    const unknown = await estate.run('sync', '--stage', 'asia');

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 0, inEach: [0, 2, 0] });
    expect(unknown).toMatchObject({ exitCode: 1, err: expect.stringContaining('label env: prod') });
  });

  it('are the only error where no other stage exists', async () => {
    use(selected({ address: 'http://127.0.0.1:1' }));

    const { exitCode, out } = await estate.run('sync', '--json');

    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'UNREACHABLE' } });
  });
});

describe('diff of several stages', () => {
  it('shows each stage, writes nothing, and ends with 2 where one differs', async () => {
    await estate.run('sync', '--stage', 'eu');

    const { exitCode, out } = await estate.run('diff');
    const told = stagesOf((await estate.run('diff', '--json')).out);

    expect({ exitCode, inEach: inEach() }).toEqual({ exitCode: 2, inEach: [0, 2, 0] });
    expect(out).toMatch(/^Stage eu: .*\nThe control plane is as it should be$/m);
    expect(told.map(({ stage, changes }) => [stage, (changes as []).length > 0])).toEqual([
      ['canary', true],
      ['eu', false],
      ['us', true],
    ]);
  });

  it('equals sync --dry-run, and ends with 1 where one stage is down', async () => {
    use(...all(), away);

    const diff = await estate.run('diff', '--json');
    const dry = await estate.run('sync', '--dry-run', '--json');

    expect([diff.exitCode, dry.exitCode]).toEqual([1, 1]);
    expect(stagesOf(dry.out).map(({ changes }) => changes)).toEqual(stagesOf(diff.out).map(({ changes }) => changes));
    expect(inEach()).toEqual([0, 0, 0]);
  });

  it('writes the plan of one stage alone', async () => {
    const out = join(estate.folder, 'plan.json');

    const several = await estate.run('diff', '--out', out);
    const one = await estate.run('diff', '--out', out, '--stage', 'eu');
    const ofAnother = await estate.run('sync', '--plan', out, '--stage', 'us');
    const ofSeveral = await estate.run('sync', '--plan', out);
    const done = await estate.run('sync', '--plan', out, '--stage', 'eu');

    expect(several).toMatchObject({ exitCode: 1, err: expect.stringContaining('--out is for one stage') });
    expect(several.err).toContain('name one with --stage: canary, eu, us');
    expect(one.exitCode).toBe(2);
    expect(ofAnother).toMatchObject({ exitCode: 1, err: expect.stringContaining('control plane') });
    expect(ofSeveral).toMatchObject({ exitCode: 1, err: expect.stringContaining('--plan is for one stage') });
    expect({ exitCode: done.exitCode, inEach: inEach() }).toEqual({ exitCode: 0, inEach: [0, 2, 0] });
  });
});

describe('render', () => {
  it('prints one stage', async () => {
    const several = await estate.run('render');
    const one = await estate.run('render', '--stage', 'eu');
    const json = await estate.run('render', '--stage', 'eu', '--json');

    expect(several).toMatchObject({ exitCode: 1, out: '', err: expect.stringContaining('render is for one stage') });
    expect(one.exitCode).toBe(0);
    expect(one.out).toMatch(/^"_format_version": .*"control_plane_name": "eu"$/ms);
    expect(JSON.parse(json.out)).toMatchObject({ stage: 'eu', text: one.out });
  });

  it('names with --json the stage whose file was not written', async () => {
    use(away);

    const { exitCode, out } = await estate.run('render', '--stage', 'away', '--json');

    expect(exitCode).toBe(3);
    expect(JSON.parse(out)).toEqual({ stage: 'away', refused: expect.any(String) });
  });
});

describe('schema --upload', () => {
  it('uploads the schema to each stage, and names the types without upload', async () => {
    use(...all(), { stage: 'lab', type: 'file', path: join(estate.folder, 'kong.yaml') });

    const { exitCode, out } = await estate.run('schema', '--upload', '--json');

    expect(exitCode).toBe(1);
    expect(
      stagesOf(out).map(({ stage, uploaded, error }) => ({ stage, uploaded, failed: error !== undefined })),
    ).toEqual([
      ...names.map((stage) => ({ stage, uploaded: true, failed: false })),
      { stage: 'lab', uploaded: undefined, failed: true },
    ]);
  });
});

describe('rollback of several stages', () => {
  it('says why a stage cannot go back, and does not call it behind', async () => {
    await estate.run('sync');

    const { exitCode, err } = await estate.run('rollback', '--now');

    expect(exitCode).toBe(1);
    expect(err).toMatch(/^error: stage eu: rollback: eu at \S+ ran nothing before revision [0-9a-f]{12}, /m);
  });
});

describe('doctor', () => {
  it('checks each stage, and checks the shared parts once', async () => {
    use(...all().slice(0, 2), away);

    const { exitCode, out } = await estate.run('doctor', '--json');

    const checks: readonly { check: string; result: string }[] = JSON.parse(out).checks;
    const planes = checks.filter(({ check }) => check.startsWith('control plane ('));
    expect(exitCode).toBe(1);
    expect(planes.map(({ check, result }) => `${check} ${result}`)).toEqual([
      'control plane (canary) ok',
      'control plane (eu) ok',
      'control plane (away) failed',
    ]);
    expect(checks.filter(({ check }) => check.startsWith('scope '))).toHaveLength(1);
    expect(checks).toContainEqual({ check: 'control planes', result: 'ok', detail: 'stages: canary, eu, away' });
    expect(discoveries()).toBe(1);
  });

  it('checks one stage alone, even while another is down', async () => {
    use(...all().slice(0, 2), away);

    const [eu, none] = [
      await estate.run('doctor', '--stage', 'eu'),
      await estate.run('doctor', '--stage', 'nowhere', '--json'),
    ];

    expect(eu).toMatchObject({ exitCode: 0, out: expect.stringMatching(/control plane \(eu\) +ok/) });
    expect(eu.out).not.toMatch(/canary|away/);
    expect(none.exitCode).toBe(1);
    expect(JSON.parse(none.out).checks).toContainEqual({
      check: 'control planes',
      result: 'failed',
      detail: '--stage: there is no stage "nowhere"; the stages are: canary, eu, away',
    });
  });
});
