import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type KongAdmin, startKongAdmin } from '#sandbox/kong-admin/kong-admin';
import type { KindPath } from '#sandbox/konnect/schemas';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';
import { createAuthority } from '../../support/network/certificates';
import { startTlsFront } from '../../support/network/servers';

/** The verbs of the command line, with each backend that is not Konnect. */

type Backend = {
  readonly config: string;
  /** Names of the entities that the control plane holds. */
  readonly held: (kind: KindPath) => readonly string[];
  /** Writes that arrived; of a file, whether it is there. */
  readonly writes: () => number;
  readonly stop: () => Promise<unknown>;
};

let estate: Estate;

beforeEach(async () => {
  estate = await openEstate();
});

afterEach(() => estate.close());

const starts: Readonly<Record<string, () => Promise<Backend>>> = {
  admin: async () => {
    const kong = await startKongAdmin({ token: 'secret-of-admin', workspaces: ['team'] });
    const config = `{ type: admin, address: "${kong.url}", workspace: team, token: secret-of-admin }`;
    return { config, ...seenOf(kong, 'team') };
  },
  dbless: async () => {
    const kong = await startKongAdmin({ hasDatabase: false });
    return { config: `{ type: dbless, address: "${kong.url}" }`, ...seenOf(kong, 'default') };
  },
  file: async () => {
    const path = join(estate.folder, 'kong.yaml');
    const text = () => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    return {
      config: '{ type: file, path: kong.yaml }',
      held: (kind) =>
        [...text().matchAll(kind === 'targets' ? /"target": "(.*)"/g : /"name": "(sd\d)"$/gm)].map(
          ([, name = '']) => name,
        ),
      writes: () => (existsSync(path) ? 1 : 0),
      stop: async () => undefined,
    };
  },
};

function seenOf(kong: KongAdmin, workspace: string): Omit<Backend, 'config'> {
  return {
    held: (kind) => kong.entities(kind, workspace).map((one) => String(one.target ?? one.name)),
    writes: () => kong.calls.filter((call) => call.method !== 'GET').length,
    stop: kong.close,
  };
}

function configFor(controlPlane: string): string {
  return defaultConfig(estate).replace(/controlPlane: .*/, `controlPlane: ${controlPlane}`);
}

it.each([
  ['controlPlane', 'controlPlane', ''],
  ['a stage of controlPlanes', 'controlPlanes[lab]', 'stage: lab, '],
])('fm-61 warns in each pass that any server is trusted, where tls.skipVerify of %s says so', async (_, key, stage) => {
  const kong = await startKongAdmin();
  const certificate = createAuthority(estate.folder).issue('server', ['other.example']);
  const front = await startTlsFront(certificate, Number(new URL(kong.url).port));
  const address = `https://127.0.0.1:${front.port}`;
  const plane = configFor(`{ ${stage}type: admin, address: "${address}", tls: { skipVerify: true } }`);
  estate.configure(stage ? plane.replace(/controlPlane: (.*)/, 'controlPlanes: [$1]') : plane);

  const runs = [await estate.run('diff'), await estate.run('sync'), await estate.run('doctor')];
  await Promise.all([front.close(), kong.close()]);

  const said = `${key}.tls.skipVerify trusts any server that answers at ${address}, and sends it the token: name the authority of the server in ${key}.tls.ca`;
  expect(runs.map(({ out, err }) => (out + err).includes(said))).toEqual([true, true, true]);
});

it('names the workspace in the rendered file, for decK', async () => {
  const kong = await startKongAdmin({ workspaces: ['team'] });
  estate.configure(configFor(`{ type: admin, address: "${kong.url}", workspace: team }`));

  const { out } = await estate.run('render');
  await kong.close();

  expect(out).toContain('\n"_workspace": "team"\n');
});

it('refuses a workspace for a control plane of Konnect', async () => {
  estate.configure(configFor('{ type: deck, address: "https://us.api.konghq.com", name: prod, workspace: team }'));

  const { exitCode, err } = await estate.run('diff');

  expect(exitCode).toBe(1);
  expect(err).toContain('controlPlane.workspace: Konnect');
});

describe.each(Object.entries(starts))('with backend %s', (_, start) => {
  let backend: Backend;

  beforeEach(async () => {
    backend = await start();
    estate.configure(configFor(backend.config));
  });

  afterEach(() => backend.stop());

  it('syncs once, and then diff, sync and render find nothing to do', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);

    const first = await estate.run('sync');
    const writes = backend.writes();
    const [diff, second, rendered] = [await estate.run('diff'), await estate.run('sync'), await estate.run('render')];

    expect(first.out).toContain('Applied all 5 changes');
    expect(first.exitCode).toBe(0);
    expect(diff.exitCode).toBe(0);
    expect(second.out).toContain('nothing was written');
    expect(backend.writes()).toBe(writes);
    expect([...backend.held('targets')].sort()).toEqual(['10.0.1.11:80', '10.0.2.11:80']);
    expect(rendered.exitCode).toBe(0);
    expect(rendered.out).toContain('"target": "10.0.2.11:80"');
  });

  it('applies an approved plan, and refuses it for another control plane', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const plan = join(estate.folder, 'plan.json');

    expect((await estate.run('diff', '--out', plan)).exitCode).toBe(2);
    expect(backend.writes()).toBe(0);
    expect((await estate.run('sync', '--plan', plan)).exitCode).toBe(0);
    estate.configure(configFor('{ type: file, path: other.yaml }'));
    const { exitCode, err } = await estate.run('sync', '--plan', plan);

    expect(exitCode).toBe(1);
    expect(err).toContain('other.yaml');
    expect(backend.held('targets')).toEqual(['10.0.1.11:80']);
  });

  it('retires a domain', async () => {
    const id = estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.addEndpoint('sd3', ['10.0.1.12']);
    await estate.run('sync');
    estate.world.setTags(id, {});

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(out).toContain('Domain sd2 is retired');
    expect(exitCode).toBe(0);
    expect(backend.held('targets')).toEqual(['10.0.1.12:80']);
    expect(backend.held('services')).not.toContain('sd2');
  });

  it('refuses to upload a schema, and says how the plugin is installed', async () => {
    const { exitCode, err } = await estate.run('schema', '--upload');

    expect(exitCode).toBe(1);
    expect(err).toContain('takes no schema; install the package on the nodes');
  });
});

describe.each([
  ['admin', { hasDatabase: true }],
  ['dbless', { hasDatabase: false }],
] as const)('with a Kong of type %s', (type, options) => {
  let kong: KongAdmin;

  beforeEach(async () => {
    kong = await startKongAdmin({ ...options, token: 'secret-of-admin' });
    estate.configure(configFor(`{ type: ${type}, address: "${kong.url}", token: secret-of-admin }`));
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  afterEach(() => kong.close());

  it('fm-28 ends with 4 and one result for each change when a write fails', async () => {
    kong.inject({ kind: 'status', status: 400, method: type === 'admin' ? 'PUT' : 'POST' });

    const { exitCode, out } = await estate.run('sync', '--json');

    const { changes, applied } = JSON.parse(out);
    expect(exitCode).toBe(4);
    expect(applied).toHaveLength(changes.length);
    expect(applied.map((one: { outcome: string }) => one.outcome)).toContain('failed');
    expect((await estate.run('sync')).exitCode).toBe(0);
    expect((await estate.run('diff')).exitCode).toBe(0);
  });

  it('ends with 1, nothing written and no token shown, when the token is wrong', async () => {
    estate.configure(configFor(`{ type: ${type}, address: "${kong.url}", token: wrong-secret }`));

    const { exitCode, out, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain('controlPlane.token');
    expect(out + err).not.toContain('wrong-secret');
    expect(kong.entities('upstreams')).toEqual([]);
  });

  it('ends with 1 when no server answers', async () => {
    estate.configure(configFor(`{ type: ${type}, address: "http://127.0.0.1:1" }`));

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toContain('controlPlane.address');
  });

  it('reports a foreign service with 4, and leaves it alone', async () => {
    const theirs = kong.seed('services', { name: 'sd2', host: 'theirs.example' });

    const { exitCode, out } = await estate.run('sync');

    expect(exitCode).toBe(4);
    expect(out).toContain("service sd2 exists already without this owner's tags");
    expect(kong.entities('services')).toMatchObject([{ id: theirs.id, host: 'theirs.example' }]);
  });

  it('refuses to retire a domain while foreign entities hang on its service', async () => {
    await estate.run('sync');
    for (const { id } of estate.world.endpoints()) estate.world.setTags(id, {});
    const [service] = kong.entities('services');
    kong.seed('plugins', { name: 'key-auth', config: {}, service: { id: service?.id ?? '' } });

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(3);
    expect(out).toContain('plugin key-auth on service sd2');
    expect(kong.entities('services')).toHaveLength(1);
  });
});

describe('with decK', () => {
  const binary = join(__dirname, '../../fixtures/fake-deck.js');

  it('refuses to retire a domain while entities that decK does not show hang on its service', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    await estate.run('sync');
    const dump = { out: JSON.stringify(parse((await estate.run('render')).out)) };
    writeFileSync(join(estate.folder, 'answers.json'), JSON.stringify({ version: { out: 'decK v1.64.0' }, dump }));
    Object.assign(estate.env, { HOME: estate.folder, PATH: process.env.PATH });
    const address = `address: "${estate.konnect.url}"`;
    estate.configure(
      configFor(`{ type: deck, ${address}, name: prod, token: "$\{KONNECT_TOKEN}", binary: ${binary} }`),
    );
    for (const { id } of estate.world.endpoints()) estate.world.setTags(id, {});
    const [service] = estate.konnect.entities('prod', 'services');
    estate.konnect.seed('prod', 'plugins', { name: 'key-auth', service: { id: service?.id ?? '' } });

    const { exitCode, out } = await estate.run('retire', 'sd2', '--yes');

    expect(exitCode).toBe(3);
    expect(out).toContain('plugin key-auth on service sd2');
    expect(readFileSync(join(estate.folder, 'calls.jsonl'), 'utf8')).not.toContain('"sync"');
  });
});

it('refuses to retire a domain that a base file refers to, and leaves the file unchanged', async () => {
  writeFileSync(
    join(estate.folder, 'base.yaml'),
    '_format_version: "3.0"\nplugins: [{ name: key-auth, service: sd2 }]\n',
  );
  estate.configure(`${configFor('{ type: file, path: kong.yaml }')}deck: { base: [base.yaml] }\n`);
  const id = estate.addEndpoint('sd2', ['10.0.1.11']);
  await estate.run('sync');
  const before = readFileSync(join(estate.folder, 'kong.yaml'), 'utf8');
  estate.world.setTags(id, {});

  const { exitCode, err } = await estate.run('retire', 'sd2', '--yes');

  expect(exitCode).toBe(1);
  expect(err).toContain('refers to service sd2');
  expect(readFileSync(join(estate.folder, 'kong.yaml'), 'utf8')).toBe(before);
});

it.each([
  ['admin', '{ type: admin, address: "http://kong.example:8001" }'],
  ['dbless', '{ type: dbless, address: "http://kong.example:8001" }'],
])('refuses plain http to a Kong elsewhere (%s)', async (_, controlPlane) => {
  estate.configure(configFor(controlPlane));

  const { exitCode, err } = await estate.run('sync');

  expect(exitCode).toBe(1);
  expect(err).toContain('plain http is accepted only on loopback');
});
