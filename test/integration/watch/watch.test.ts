import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { z } from 'zod';
import { parseSnapshot } from '#discovery/snapshot/file';
import { misfitsOf } from '../../support/cli';
import { defaultConfig, type Estate, gatewayAccount, openEstate, region, workerConfig } from '../../support/estate';
import { until } from '../../support/until';
import { busyAtSignal, preloaded, startWorkerProcess, type WorkerProcess } from '../../support/watch/process';

let estate: Estate;
let started: WorkerProcess | undefined;

beforeEach(async () => {
  estate = await openEstate();
  estate.configure(workerConfig(estate));
});

afterEach(async () => {
  await started?.close();
  started = undefined;
  await estate.close();
});

function startWatch(argv: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  started = startWorkerProcess(estate, { argv: ['--log-level', 'debug', ...argv], env });
  return started;
}

it('the worker syncs, answers, keeps the old configuration at a bad one, and ends with 0 at SIGTERM', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  const { child, until, ended } = startWatch();
  const { address } = await until('watching');
  await until('pass ended');
  const get = async (path: string, headers = {}) => {
    const answer = await request(`${address}${path}`, { headers, reset: true });
    return { status: answer.statusCode, etag: answer.headers.etag?.toString(), text: await answer.body.text() };
  };
  await until('pass ended');
  const health = await get('/healthz');
  const ready = await get('/readyz');
  const metrics = await get('/metrics');
  const snapshot = await get('/v1/snapshot');
  estate.configure('owner: [');
  const { reason } = await until('configuration not used, the old one stays');
  child.kill('SIGHUP');
  await until('configuration not used, the old one stays');
  await until('pass ended');
  estate.configure(workerConfig(estate, 2));
  await until('configuration read again');
  child.kill('SIGTERM');

  expect(reason).toMatch(/^the configuration is not valid \(named by -c\): \/[^\n]+$/);
  expect([health.status, ready.status, metrics.status, snapshot.status]).toEqual([200, 200, 200, 200]);
  expect(metrics.text).toContain('kong_privatelink_changes_applied_total');
  expect(parseSnapshot(snapshot.text, { from: 'test', owner: 'test' }).scopes).toHaveLength(1);
  expect((await ended)[0]).toBe(0);
});

it('the worker logs at its start its owner, its sources and its control plane', async () => {
  const { until } = startWatch();

  expect(await until('watching')).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    version: expect.any(String),
    owner: 'test',
    scopes: ['hub.self.us-east-1'],
    controlPlane: `konnect prod at ${estate.konnect.url}`,
    intervalSeconds: 1,
    address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
  });
});

it('the worker warns of settings that need a restart, until they are restored', async () => {
  const { until } = startWatch();
  await until('watching');
  estate.configure(`${defaultConfig(estate)}watch: { intervalSeconds: 1, listen: "127.0.0.1:1" }\n`);
  const warned = await until('warning', 'watch.listen');
  estate.configure(workerConfig(estate));

  expect(warned).toMatchObject({
    reason: expect.stringMatching(/^watch.listen is 127.0.0.1:1,.*: restart the worker to apply it$/),
  });
  await until('warning no longer holds', 'watch.listen');
});

it('the worker warns while the configuration file cannot be used', async () => {
  const { until } = startWatch();
  await until('watching');
  estate.configure('owner: [');
  const { reason } = await until('configuration not used, the old one stays');
  await until('warning', 'the configuration file cannot be used');
  estate.configure(workerConfig(estate));

  const ended = await until('warning no longer holds', 'the configuration file cannot be used');

  expect(ended.level).toBe('info');
  expect(reason).toMatch(/^the configuration is not valid \(named by -c\): \S+:1:\d+: .+$/);
});

it.each([
  ['the configuration file', 'kong-privatelink.yaml'],
  ['a base file', 'base.yaml'],
])('the worker goes on when %s becomes a pipe without a writer', async (_, name) => {
  writeFileSync(resolve(estate.folder, 'base.yaml'), '_format_version: "3.0"\n');
  const config = `${workerConfig(estate)}deck: { base: [base.yaml] }\n`;
  estate.configure(config);
  const { until } = startWatch();
  await until('pass ended');
  rmSync(resolve(estate.folder, name));
  execFileSync('mkfifo', [resolve(estate.folder, name)]);

  const refused = await until('configuration not used, the old one stays');

  expect(refused.reason).toContain(name);
  await until('pass ended');
});

it('the worker uses a configuration as soon as a missing file that it names exists', async () => {
  const { until } = startWatch();
  await until('pass ended');
  estate.configure(`${workerConfig(estate)}deck: { base: [base.yaml] }\n`);
  const refused = await until('configuration not used, the old one stays');
  writeFileSync(resolve(estate.folder, 'base.yaml'), '_format_version: "3.0"\n');

  await until('configuration read again');

  expect(refused.reason).toContain('base.yaml');
});

const targets = () => JSON.stringify(estate.konnect.entities('prod', 'targets'));

describe('following', () => {
  it('writes a recreated endpoint into the control plane by polling', async () => {
    const old = estate.addEndpoint('sd2', ['10.0.1.11']);
    const { until } = startWatch();
    await until('pass ended');
    const before = targets();
    estate.world.recreateEndpoint(old, { interfaces: [{ ip: '10.0.1.12', zoneId: 'use1-az1' }] });

    while (!targets().includes('10.0.1.12') || targets().includes('10.0.1.11')) await until('pass ended');

    expect(before).toContain('10.0.1.11');
  });

  it('publishes to Cloud Map in each pass', async () => {
    const namespace = estate.world.cloudMap.createNamespace({ account: gatewayAccount, region, name: 'shared' });
    const service = estate.world.cloudMap.createHttpService({ namespaceId: namespace.id, name: 'employees' });
    const publication = { namespace: 'shared', service: 'employees', domain: 'sd2', region, endpoint: estate.aws.url };
    estate.configure(`${workerConfig(estate)}publish: [${JSON.stringify(publication)}]\n`);
    const instances = () => estate.world.cloudMap.instances(service.id).length;
    const { until } = startWatch();
    await until('pass ended');
    estate.addEndpoint('sd2', ['10.0.1.11']);

    while (instances() === 0) await until('pass ended');

    expect(instances()).toBe(1);
  });

  it('uploads the schema before the first entity of the plugin', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    estate.configure(
      `${workerConfig(estate)}domains: { sd2: { plugins: [{ name: privatelink, config: { domain: sd2 } }] } }\n`,
    );
    const { until } = startWatch();

    await until('pass ended');

    expect(estate.konnect.entities('prod', 'plugins')).toHaveLength(1);
  });
});

/** Runs in the worker before its own code, and holds the start up until SIGHUP has come. */
const hangUpBeforeListening = `
const { existsSync, writeFileSync } = require('node:fs');
const { Server } = require('node:net');
const { isMainThread } = require('node:worker_threads');
const heard = __filename + '.heard';
if (isMainThread) {
  process.prependOnceListener('SIGHUP', () => setImmediate(() => writeFileSync(heard, '')));
} else {
  const { listen } = Server.prototype;
  Server.prototype.listen = function (...given) {
    process.kill(process.pid, 'SIGHUP');
    const waiting = setInterval(() => {
      if (!existsSync(heard)) return;
      clearInterval(waiting);
      listen.apply(this, given);
    }, 10);
  };
}
`;

it('fm-56 the worker answers while its passes keep their thread busy', async () => {
  estate.addEndpoint('sd2', ['10.0.1.11']);
  const { child, until } = startWatch([], preloaded(estate, busyAtSignal));
  const { address } = await until('watching');
  await until('pass ended');
  await until('pass ended');
  const get = (path: string) => request(`${address}${path}`, { reset: true });
  const statusOf = async (path: string) => {
    const { statusCode, body } = await get(path);
    await body.dump();
    return statusCode;
  };
  child.kill('SIGUSR2');
  await until('busy');

  const meanwhile = [await statusOf('/healthz'), await statusOf('/readyz'), await statusOf('/metrics')];
  const snapshot = statusOf('/v1/snapshot');
  writeFileSync(resolve(estate.folder, 'free'), '');

  expect(meanwhile).toEqual([200, 200, 200]);
  expect(await snapshot).toBe(200);
  await until('pass ended');
});

describe('SIGHUP', () => {
  it('does not end a worker while it loads its modules', async () => {
    const { child, until, ended } = startWatch([], { NODE_DEBUG: 'module' });
    let loaded = '';
    child.stderr.on('data', (chunk) => {
      loaded += chunk;
      if (/load ".*main\.js"/.test(loaded)) child.kill('SIGHUP');
    });

    await until('watching');
    // A process that is ending does not react to a signal, but still logs modules.
    child.stderr.removeAllListeners('data').resume();
    child.kill('SIGTERM');

    expect((await ended)[0]).toBe(0);
  });

  it('does not end a worker before it listens', async () => {
    const { child, until, ended } = startWatch([], preloaded(estate, hangUpBeforeListening));

    await until('pass ended');
    child.kill('SIGTERM');

    expect((await ended)[0]).toBe(0);
  });
});

describe('SIGTERM', () => {
  it('lets a slow write finish, starts no other write, and the process ends with 0', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
    estate.konnect.inject({ kind: 'delay', ms: 2_000, method: 'PUT', times: 100 });
    const { child, ended } = startWatch();
    const writes = () => estate.konnect.calls.filter(({ method }) => method === 'PUT').length;
    await until('it writes', () => writes() > 0);

    child.kill('SIGTERM');
    const [code] = await ended;

    expect(code).toBe(0);
    expect(writes()).toBe(1);
    expect(estate.konnect.entities('prod', 'upstreams')).toMatchObject([{ name: 'sd2.privatelink' }]);
    expect(targets()).toBe('[]');
  });
});

describe('options', () => {
  it('end with 1 and the fix where the worker cannot listen', async () => {
    const { port } = new URL(estate.konnect.url);
    estate.configure(`${defaultConfig(estate)}watch: { listen: "127.0.0.1:${port}" }\n`);
    const { child, ended } = startWatch();

    const [said, [exitCode]] = await Promise.all([text(child.stderr), ended]);

    expect({ exitCode, said }).toEqual({
      exitCode: 1,
      said: expect.stringMatching(/another worker.*\[CONFIG_INVALID\]/),
    });
  });

  it('refuse --plan beside --watch', async () => {
    const { exitCode, err } = await estate.run('sync', '--watch', '--plan', 'plan.json');

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining('leave out --watch') });
  });

  it.each([
    ['sync', '--watch', '--log-level', 'loud', 'give one of debug, info, warn, error'],
    ['sync', '--watch', '--log-format', 'xml', 'give one of text, json'],
    ['sync', '--log-level', 'debug', 'add --watch'],
  ])('refuse %s', async (...given) => {
    const { exitCode, err } = await estate.run(...given.slice(0, -1));

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining(given.at(-1) ?? '') });
  });

  it('refuse watch.listen without a port', async () => {
    estate.configure(`${defaultConfig(estate)}watch: { listen: "127.0.0.1" }\n`);

    const { exitCode, err } = await estate.run('sync', '--watch');

    expect({ exitCode, err }).toEqual({ exitCode: 1, err: expect.stringContaining('an address and a port') });
  });

  it('write with --json a report on each line of standard output, and the log to standard error', async () => {
    estate.addEndpoint('sd2', ['10.0.1.11']);
    const { child, lines } = startWatch(['--json']);
    const log = createInterface(child.stderr)[Symbol.asyncIterator]();
    const report = z.looseObject({ owner: z.string(), applied: z.array(z.unknown()).optional() });

    const told = [(await lines.next()).value, (await lines.next()).value];
    const [first, second] = told.map((one) => report.parse(JSON.parse(one)));
    const logged = JSON.parse((await log.next()).value);

    expect(first).toMatchObject({ owner: 'test', applied: expect.any(Array) });
    expect(second?.applied).toBeUndefined();
    expect(misfitsOf(['sync'], told.join('\n'))).toEqual([]);
    expect(logged.msg).toBe('watching');
  });

  it('apply --allow-removals to the first pass alone', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => estate.addEndpoint('sd2', [`10.0.1.${index + 1}`]));
    await estate.run('sync');
    for (const id of ids.slice(0, 7)) estate.world.deleteEndpoint(id);
    const { child, lines } = startWatch(['--json', '--allow-removals', '7']);
    child.stderr.resume();
    const report = z.looseObject({ withheld: z.object({ reason: z.string() }).optional() });
    const next = async () => report.parse(JSON.parse((await lines.next()).value));
    const first = await next();
    const left = estate.konnect.entities('prod', 'targets').length;
    for (const id of ids.slice(7, 13)) estate.world.deleteEndpoint(id);
    const second = await next();

    expect(first.withheld).toBeUndefined();
    expect(left).toBe(13);
    expect(second.withheld?.reason).toContain('--allow-removals 6');
  });
});
