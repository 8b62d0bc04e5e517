import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

const domains = (text: string) => `domains: { ${text} }\n`;
const limited =
  'sd2: { plugins: [{ name: rate-limiting, config: { minute: 5, policy: local } }], healthcheck: { path: /ok } }';

function names(kind: 'services' | 'routes' | 'plugins' | 'targets' | 'upstreams'): readonly string[] {
  return estate.konnect
    .entities('prod', kind)
    .map((one) => String(one.name ?? one.target))
    .sort();
}

function healthPath(): unknown {
  const upstream = estate.konnect.entities('prod', 'upstreams').find((one) => one.name === 'sd2.privatelink');
  return (upstream?.healthchecks as { active?: { http_path: string } } | undefined)?.active?.http_path;
}

async function revisions(): Promise<readonly string[]> {
  const { out } = await estate.run('history', '--json');
  return JSON.parse(out).history.map((one: { revision: string }) => one.revision);
}

/** Two revisions: sd2 alone, then sd2 with a plugin and a health check of its own, and sd3. */
async function syncTwice(): Promise<void> {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  estate.addEndpoint('sd3', ['10.0.1.12']);
  estate.configure(defaultConfig(estate) + domains(limited));
  await estate.run('sync');
}

describe('rollback', () => {
  it('restores the earlier configuration with the targets of today, and stays there', async () => {
    await syncTwice();
    estate.addEndpoint('sd2', ['10.0.1.99']);

    const { exitCode, out } = await estate.run('rollback', '--now');
    const again = await estate.run('sync');

    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
    expect([names('services'), names('routes'), names('plugins')]).toEqual([['sd2'], ['sd2'], []]);
    expect(names('upstreams')).toEqual(['sd2.privatelink', 'sd3.privatelink']);
    expect(names('targets')).toEqual(['10.0.1.11:80', '10.0.1.12:80', '10.0.1.99:80']);
    expect(healthPath()).toBe('/');
    expect(again.out).toContain('nothing was written');
    expect(again.out).toMatch(/pinned to revision [0-9a-f]{12}; the newest revision [0-9a-f]{12} waits/);
  });

  it('names the entities that later passes remove, as zones do with affinity, and why', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    await estate.run('sync');
    estate.configure(`${defaultConfig(estate)}affinity: weighted\n`);
    await estate.run('sync');

    const { out } = await estate.run('rollback', '--now');
    const left = names('upstreams').length;
    const after = await estate.run('diff');
    await estate.run('sync');

    expect(out).toContain('later passes also remove upstreams and targets, by their own rules: 6');
    expect(after.out).toMatch(/affinity of revision [0-9a-f]{12} is none/);
    expect([left, names('upstreams').length]).toEqual([3, 1]);
  });

  it('is undone by newest, and the control plane then looks as if it had never been rolled back', async () => {
    await syncTwice();
    const before = estate.konnect.entities('prod', 'services');
    await estate.run('rollback', '--now');

    const { exitCode } = await estate.run('rollback', 'newest', '--now');
    const again = await estate.run('diff');

    expect([exitCode, again.exitCode]).toEqual([0, 0]);
    expect(names('services')).toEqual(['sd2', 'sd3']);
    expect(healthPath()).toBe('/ok');
    expect(estate.konnect.entities('prod', 'services').map((one) => one.tags)).toEqual(before.map((one) => one.tags));
  });

  it('fm-66 ends when the rolled back part changes, and stays when another part changes', async () => {
    await syncTwice();
    await estate.run('rollback', '--now');
    estate.addEndpoint('sd4', ['10.0.1.14'], { tags: { 'kong:path': '/four' } });

    await estate.run('sync');
    const still = names('services');
    estate.configure(defaultConfig(estate) + domains(limited.replace('5', '6')));
    await estate.run('sync');

    expect(still).toEqual(['sd2']);
    expect([names('services'), names('plugins')]).toEqual([['sd2', 'sd3', 'sd4'], ['rate-limiting']]);
  });

  it('fm-67 is kept by the control plane where stateDir is lost: data go on, and a person decides', async () => {
    await syncTwice();
    await estate.run('rollback', '--now');
    const lost = defaultConfig(estate) + domains(limited);
    estate.configure(`${lost}stateDir: elsewhere\n`);
    estate.addEndpoint('sd2', ['10.0.1.77']);

    const { exitCode, out } = await estate.run('sync');
    const before = [names('services'), names('plugins')];
    const newest = await estate.run('rollback', 'newest', '--now');

    expect(exitCode).toBe(0);
    expect(out).toContain('until rollback names another revision');
    expect(before).toEqual([['sd2'], []]);
    expect(names('targets')).toContain('10.0.1.77:80');
    expect(newest.exitCode).toBe(0);
    expect(names('services')).toEqual(['sd2', 'sd3']);
  });

  it('does not wait for AWS: it restores the configuration where AWS refuses every scope, and data stay', async () => {
    await syncTwice();
    estate.aws.inject({ kind: 'denied', times: 100 });

    const { exitCode, out } = await estate.run('rollback', '--now');

    expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
    expect([names('services'), names('plugins'), healthPath()]).toEqual([['sd2'], [], '/']);
    expect(names('targets')).toEqual(['10.0.1.11:80', '10.0.1.12:80']);
  });

  it('shows the plan, and writes nothing, without a confirmation', async () => {
    await syncTwice();
    const [, first] = (await revisions()) as [string, string];

    const { exitCode, out } = await estate.run('rollback', first.slice(0, 6));

    expect(exitCode).toBe(3);
    expect(out).toMatch(/delete +service +sd3 +revision [0-9a-f]{12} does not have it/);
    expect(out).toContain('add --now');
    expect(names('services')).toEqual(['sd2', 'sd3']);
    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it('announces the pin in the plan, and reports the pin only after the write', async () => {
    await syncTwice();
    const [newest, first] = await revisions();

    const { out: planned } = await estate.run('rollback');
    const { out: done } = await estate.run('rollback', '--now');

    expect(planned).toMatch(`runs revision ${newest}; would go back to revision ${first} and be pinned to it\n`);
    expect(planned).not.toMatch(/^pinned/m);
    expect(done).toContain(
      `The control plane is pinned to revision ${first}; the newest revision ${newest} waits (rollback newest ends the pin)`,
    );
  });

  it('plans nothing, and asks nothing, where the control plane follows the newest already', async () => {
    await syncTwice();
    const [newest = ''] = await revisions();

    const byWord = await estate.run('rollback', 'newest');
    const byName = await estate.run('rollback', newest);

    for (const { exitCode, out } of [byWord, byName]) {
      expect({ exitCode, out }).toMatchObject({ exitCode: 0 });
      expect(out).toBe(
        `runs revision ${newest}; already follows the newest revision\nThe control plane is as it should be\n`,
      );
    }
  });

  it('names the stage that it rolls back', async () => {
    const stage = `{ stage: lab, type: file, path: "${estate.folder}/lab.yaml" }`;
    const staged = defaultConfig(estate).replace(/^controlPlane: .*$/m, `controlPlanes: [${stage}]`);
    estate.configure(staged);
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    estate.configure(staged + domains(limited));
    await estate.run('sync');

    const { out } = await estate.run('rollback', '--now');

    expect(out).toMatch(/^Stage lab is pinned to revision [0-9a-f]{12}; /m);
  });

  it.each([['abc'], ['../../x'], ['0'.repeat(12)]])(
    'names the kept revisions where revision %s does not exist',
    async (name) => {
      await syncTwice();

      const { exitCode, err } = await estate.run('rollback', name, '--now');

      expect(exitCode).toBe(1);
      expect(err).toMatch(/these revisions are kept: [0-9a-f]{12}, [0-9a-f]{12}; history shows when each ran/);
    },
  );
});

describe('history', () => {
  it('shows when and by whom each revision was written, its changes and the running revision', async () => {
    await syncTwice();
    await estate.run('rollback', '--now');

    const { exitCode, out } = await estate.run('history');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^runs revision [0-9a-f]{12}; pinned to revision [0-9a-f]{12}, back from [0-9a-f]{12}\n/);
    expect(out).toMatch(/Z +[0-9a-f]{12} +rollback .*configuration [0-9a-f]{12} +.*deleted/);
    expect(out).toMatch(/sync .* created/);
  });
});
