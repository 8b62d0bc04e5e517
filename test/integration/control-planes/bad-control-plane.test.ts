import { existsSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Konnect, startKonnect } from '#sandbox/konnect/konnect';
import { runOnce } from '#sync/pass/run-once';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';
import { type Stage, signal, startStage } from '../../support/control-planes/konnect';
import { defaultConfig, type Estate, openEstate } from '../../support/estate';
import { listenOn } from '../../support/network/servers';
import { createPasses } from '../../support/passes';

describe('a control plane without permission to write', () => {
  let estate: Estate;
  let konnect: Konnect;

  beforeEach(async () => {
    estate = await openEstate();
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  afterEach(() => Promise.all([estate.close(), konnect.close()]));

  it.each([
    ['CLUSTER_TYPE_CONTROL_PLANE_GROUP', 'a control plane group; name one of its members'],
    [
      'CLUSTER_TYPE_K8S_INGRESS_CONTROLLER',
      'managed from Kubernetes; name a control plane that Kubernetes does not manage',
    ],
  ])('ends every verb with 1 and the fix, and writes nothing, when it is %s', async (clusterType, fix) => {
    konnect = await startKonnect({ controlPlanes: [{ name: 'prod', clusterType }], token: 'kpat_sandbox' });
    estate.configure(defaultConfig({ aws: estate.aws, konnect }));
    const file = join(estate.folder, 'kong.yaml');

    for (const argv of [['sync'], ['diff'], ['render', '-o', file], ['retire', 'sd2', '--yes']]) {
      const { exitCode, err } = await estate.run(...argv);
      expect([exitCode, err]).toEqual([1, expect.stringContaining(`controlPlane.name: "prod" is ${fix}`)]);
    }
    expect(existsSync(file)).toBe(false);
    expect(konnect.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});

describe("an address that is not Konnect's", () => {
  let estate: Estate;
  let server: Server;
  let answer: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

  beforeEach(async () => {
    estate = await openEstate();
    server = createServer((_, response) => response.writeHead(answer.status, answer.headers).end('<html>hello</html>'));
    const url = `http://127.0.0.1:${await listenOn(server)}`;
    estate.configure(defaultConfig({ aws: estate.aws, konnect: { ...estate.konnect, url } }));
  });

  afterEach(async () => {
    server.close();
    server.closeAllConnections();
    await estate.close();
  });

  it.each([404, 405])("is reported at answer %s, with the form of Konnect's address", async (status) => {
    answer = { status };

    const { exitCode, err } = await estate.run('diff');

    expect(exitCode).toBe(1);
    expect(err).toContain(`Konnect answered ${status} to GET`);
    expect(err).toContain(
      "set controlPlane.address to the address of Konnect's API in your region, such as https://us.api.konghq.com, or use controlPlane.type admin for a Kong of your own",
    );
  });

  it('is reported at a redirect, with its target', async () => {
    answer = { status: 307, headers: { location: 'https://login.example/sso?state=x' } };

    const { exitCode, err } = await estate.run('diff');

    expect(exitCode).toBe(1);
    expect(err).toContain('it redirects to https://login.example/sso; write the address');
  });
});

describe('a decK that does not work', () => {
  let estate: Estate;
  const usual = { version: { out: 'decK v1.64.0 (x)\n' }, dump: { out: '{}' }, sync: { out: '{"errors":[]}' } };

  beforeEach(async () => {
    estate = await openEstate();
    Object.assign(estate.env, { HOME: estate.folder, PATH: process.env.PATH });
    configure(join(__dirname, '../../fixtures/fake-deck.js'));
    estate.addEndpoint('sd2', ['10.0.1.11']);
  });

  afterEach(() => estate.close());

  function configure(binary: string): void {
    const deck = `{ type: deck, address: "${estate.konnect.url}", name: prod, token: "$\{KONNECT_TOKEN}", binary: ${binary} }`;
    estate.configure(defaultConfig(estate).replace(/controlPlane: .*/, `controlPlane: ${deck}`));
  }

  function answer(over: Readonly<Record<string, object>>): void {
    writeFileSync(join(estate.folder, 'answers.json'), JSON.stringify({ ...usual, ...over }));
  }

  /** Each input that decK was told to write. */
  function inputs(): readonly string[] {
    const lines = readFileSync(join(estate.folder, 'calls.jsonl'), 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line).input).filter((input) => input !== '');
  }

  it.each([
    ['is old', { version: { out: 'decK v1.39.2 (x)\n' } }, 'which is too old; install decK 1.40 or newer'],
    ['is something else', { version: { out: 'hello\n' } }, 'is not decK'],
    ['may not read', { dump: { err: 'Error: HTTP status 401', exitCode: 1 } }, 'give controlPlane.token'],
    ['fails without a word', { dump: { exitCode: 2 } }, 'deck gateway dump failed: it gave no reason'],
  ])('ends with 1 and the fix, and writes nothing, when it %s', async (_, answers, message) => {
    answer(answers);

    for (const verb of ['sync', 'diff', 'render']) {
      const { exitCode, err } = await estate.run(verb);
      expect([exitCode, err]).toEqual([1, expect.stringContaining(message)]);
    }
    expect(inputs()).toEqual([]);
  });

  it.each([
    ['passes by itself', 'HTTP status 503', 3],
    ['stays', 'HTTP status 401', 1],
  ])('ends render without a file, and with an exit code for whether the failure %s', async (_, said, expected) => {
    answer({ dump: { err: `Error: ${said}`, exitCode: 1 } });
    const file = join(estate.folder, 'kong.yaml');

    const { exitCode, err } = await estate.run('render', '-o', file);

    expect([exitCode, existsSync(file)]).toEqual([expected, false]);
    expect(err).toContain(`deck gateway dump failed: ${said}; `);
  });

  it('ends with 1 and the fix when it is missing', async () => {
    configure('./absent-deck');

    const { exitCode, err } = await estate.run('sync');

    expect(exitCode).toBe(1);
    expect(err).toMatch(/there is no decK at .*absent-deck; install decK 1\.40 or newer/);
  });

  it('fm-12 fm-28 ends with 4 when it fails during the write, and the next pass writes the rest', async () => {
    answer({ sync: { out: JSON.stringify({ errors: ['Create service sd2 failed: HTTP status 500'] }) } });
    const first = await estate.run('sync');
    answer({});
    const second = await estate.run('sync');

    const [one, other] = inputs();
    expect([first.exitCode, second.exitCode]).toEqual([4, 0]);
    expect(first.out).toContain('Create service sd2 failed: HTTP status 500');
    expect(one).toContain('10.0.1.11:80');
    expect(other).toBe(one);
  });
});

describe('a control plane that changes between reading and writing', () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await startStage();
  });

  afterEach(() => stage.konnect.close());

  it('fm-12 fm-28 says what a missing upstream kept from being written, and the next pass finishes', async () => {
    const { deps } = createPasses({ discover: async () => snapshotOf(knownScope([endpointOf()])) });
    let isDeleted = false;
    const changing: Stage['plane'] = {
      ...stage.plane,
      write: async (change, own) => {
        await stage.plane.write(change, own);
        if (change.kind !== 'upstream' || isDeleted) return;
        isDeleted = true;
        await stage.plane.write({ ...change, action: 'delete' }, own);
      },
    };

    const first = await runOnce({ ...deps, controlPlane: changing }, signal);
    const second = await runOnce({ ...deps, controlPlane: changing }, signal);
    const third = await runOnce({ ...deps, controlPlane: changing }, signal);

    const outcomes = new Set(first.applied?.map(({ change, outcome }) => `${change.kind} ${outcome}`));
    expect(outcomes).toEqual(new Set(['upstream applied', 'target failed', 'service applied', 'route applied']));
    expect(first.applied?.find(({ change }) => change.kind === 'target')?.error).toMatch(/404|not found/i);
    expect(second.applied?.every(({ outcome }) => outcome === 'applied')).toBe(true);
    expect(third.changes).toEqual([]);
    expect(stage.konnect.entities('prod', 'targets')).toHaveLength(2);
  });
});

/** Linux's device that is always full. A file on it cannot be replaced. */
const fullDisk = '/dev/full';
const describeWithFullDisk = existsSync(fullDisk) ? describe : describe.skip;
if (describeWithFullDisk === describe.skip)
  process.stderr.write(`skipped: a full disk. To run it: run the tests where ${fullDisk} is, as on Linux\n`);

describeWithFullDisk('a full disk', () => {
  let estate: Estate;
  let full: string[];

  const open = fs.open;

  beforeEach(async () => {
    estate = await openEstate();
    estate.addEndpoint('sd2', ['10.0.1.11']);
    mkdirSync(join(estate.folder, '.kong-privatelink'));
    full = [];
    jest.spyOn(fs, 'open').mockImplementation(async (at, flags, mode) => {
      const handle = await open(at, flags, mode);
      const isFull = full.some((path) => String(at).startsWith(`${path}.`));
      return isFull ? Object.assign(handle, { writeFile: (text: string) => fs.writeFile(fullDisk, text) }) : handle;
    });
  });

  afterEach(() => {
    jest.restoreAllMocks();
    return estate.close();
  });

  /** From now on the disk has no room for the temporary file beside this file. */
  function fill(name: string): string {
    const path = join(estate.folder, name);
    full.push(path);
    return path;
  }

  function makeRoom(): void {
    full = [];
  }

  it('lets sync go on without its state, says how to free space, and the next pass writes the state', async () => {
    await estate.run('sync');
    const files = readdirSync(join(estate.folder, '.kong-privatelink')).map((name) =>
      fill(`.kong-privatelink/${name}`),
    );
    for (const path of files) unlinkSync(path);

    const first = await estate.run('sync');
    const left = files.map((path) => existsSync(path));
    makeRoom();
    const second = await estate.run('sync');

    expect([first.exitCode, second.exitCode]).toEqual([0, 0]);
    expect(first.out.match(/warning .*ENOSPC.*free space on its disk/g)).toHaveLength(3);
    expect(second.out).not.toContain('warning');
    expect(estate.konnect.entities('prod', 'targets')).toMatchObject([{ target: '10.0.1.11:80' }]);
    // Last good, absences, the journal and a revision.
    expect(files).toHaveLength(4);
    expect([left, files.map((path) => existsSync(path))]).toEqual([files.map(() => false), files.map(() => true)]);
  });

  it.each([
    ['render', '-o', 'kong.yaml', 0],
    ['diff', '--out', 'plan.json', 2],
    ['discover', '--out', 'snapshot.json', 0],
  ])('ends %s %s with 1, leaves the old file, and the next run replaces it', async (...row) => {
    const [verb, flag, name, exitCode] = row;
    const path = fill(name);
    if (verb !== 'discover') writeFileSync(path, 'before');

    const first = await estate.run(verb, flag, path);
    const kept = existsSync(path) && readFileSync(path, 'utf8');
    makeRoom();
    const second = await estate.run(verb, flag, path);

    expect(first).toMatchObject({ exitCode: 1, err: expect.stringMatching(/ENOSPC.*free space on its disk/) });
    expect(kept).toBe(verb === 'discover' ? false : 'before');
    expect(second.exitCode).toBe(exitCode);
    expect(readFileSync(path, 'utf8')).toContain('10.0.1.11');
  });

  it('ends sync into a file with 4 and the fix, and the next pass writes the whole file', async () => {
    const path = fill('kong.yaml');
    estate.configure(
      defaultConfig(estate).replace(/controlPlane: .*/, 'controlPlane: { type: file, path: kong.yaml }'),
    );

    const first = await estate.run('sync');
    const isThere = existsSync(path);
    makeRoom();
    const second = await estate.run('sync');
    const third = await estate.run('diff');

    expect([first.exitCode, isThere, second.exitCode, third.exitCode]).toEqual([4, false, 0, 0]);
    expect(first.out).toMatch(/ENOSPC.*free space on its disk/);
  });
});
