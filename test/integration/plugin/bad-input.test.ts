import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { credentialsOf } from '#sandbox/aws/credentials';
import { type PluginServer, type PluginServerProgram, startPluginServer } from '#sandbox/plugin-server/server';
import { type Estate, gatewayAccount, openEstate } from '../../support/estate';
import { until } from '../../support/until';

/** Compiled: `npm test` builds it first. */
const entriesDir = resolve(__dirname, '../../../dist/plugin/entries');
const programs: readonly PluginServerProgram[] = ['kong-js-pluginserver', 'kong-privatelink-pluginserver'];
const requests = 5;

let folder: string;
let estate: Estate;
let server: PluginServer | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  estate = await openEstate();
  estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11']);
  for (const port of ['0', '70000']) estate.addEndpoint(`port-${port}`, ['10.0.1.7'], { tags: { 'kong:port': port } });
});

afterEach(async () => {
  await server?.close();
  server = undefined;
});

afterAll(async () => {
  await estate.close();
  rmSync(folder, { recursive: true });
});

/**
 * Variables of a start command whose discovery calls AWS at `endpoint`, as the gateway's account.
 */
function discoveryEnv({ endpoint = estate.aws.url, zoneId = 'use1-az2' } = {}): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = credentialsOf(gatewayAccount);
  const own = mkdtempSync(join(folder, 'env-'));
  const [config, credentials] = [join(own, 'plugin.yaml'), join(own, 'credentials')];
  const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;
  writeFileSync(credentials, `[default]\n${keys}`, { mode: 0o600 });
  const source = `{ name: hub, type: vpc-endpoints, regions: [us-east-1], endpoint: "${endpoint}" }`;
  writeFileSync(config, `owner: test\nsources: [${source}]\n`);
  const variables = { KONG_PRIVATELINK_CONFIG: config, KONG_PRIVATELINK_ZONE_ID: zoneId };
  return { ...variables, AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_MAX_ATTEMPTS: '1' };
}

async function start(program: PluginServerProgram, env: Readonly<Record<string, string>>): Promise<PluginServer> {
  server = await open(program, env);
  return server;
}

function open(program: PluginServerProgram, env: Readonly<Record<string, string>>): Promise<PluginServer> {
  const socketFolder = join(mkdtempSync(join(folder, 'run-')), 's');
  mkdirSync(socketFolder);
  return startPluginServer({
    program,
    entriesDir,
    socketPath: join(socketFolder, 'js.sock'),
    env: { KONG_PRIVATELINK_ZONE_ID: 'use1-az2', ...env },
    cwd: folder,
  });
}

type Config = Readonly<Record<string, unknown>>;

/** The PDK calls of each of several requests. */
async function callsOf(running: PluginServer, config: Config): Promise<readonly unknown[]> {
  const instance = await running.startInstance('privatelink', { probe: 'none', ...config });
  const calls: unknown[] = [];
  for (let request = 0; request < requests; request += 1)
    calls.push(await running.handleEvent(instance, 'access', async () => undefined));
  return calls;
}

/**
 * The first requests after a start may come before the first discovery; the plugin cannot resolve
 * them.
 */
async function untilResolved(running: PluginServer): Promise<void> {
  // One instance: the stock server logs each start of an instance, and the test keeps only the last
  // lines.
  const instance = await running.startInstance('privatelink', { probe: 'none', domain: 'sd2' });
  const calls = () => running.handleEvent(instance, 'access', async () => undefined);
  await until('sd2 is resolved', async () => (await calls()).length > 0);
}

/** The logged reasons of requests for this domain. */
function reasonsFor(running: PluginServer, domain: string): readonly unknown[] {
  return jsonLines(running).flatMap((line) =>
    line.msg === 'request not resolved' && line.domain === domain ? [line.reason] : [],
  );
}

function jsonLines(running: PluginServer): readonly Record<string, unknown>[] {
  return running
    .log()
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

const resolved = [
  { method: 'kong.service.set_target', args: expect.anything() },
  { method: 'kong.service.request.set_header', args: expect.anything() },
];

function rejected(domain: string) {
  const body = JSON.stringify({ message: `no target is known for domain ${domain}` });
  return [{ method: 'kong.response.exit', args: [503, body, { 'Content-Type': 'application/json' }] }];
}

const times = <T>(value: T): readonly T[] => Array(requests).fill(value);

/**
 * Sends requests for `domain` with each value of on_unresolved, and expects one log line for all.
 */
async function expectWaysOut(running: PluginServer, config: Config & { readonly domain: string }, reason: unknown) {
  const through = await callsOf(running, config);
  const refused = await callsOf(running, { ...config, on_unresolved: 'reject' });

  expect(through).toEqual(times([]));
  expect(refused).toEqual(times(rejected(config.domain)));
  expect(reasonsFor(running, config.domain)).toEqual([reason]);
}

/** Waits for discovery problems in the log that hold `words`, and returns them. */
async function problemsWith(running: PluginServer, words: string): Promise<readonly string[]> {
  const found = () =>
    jsonLines(running)
      .filter(({ msg }) => msg === 'discovery is incomplete')
      .flatMap(({ reason }) => (String(reason).includes(words) ? [String(reason)] : []));
  await until(`the log says ${words}`, async () => found().length > 0);
  return found();
}

describe.each(programs)('bad input under %s', (program) => {
  describe('with sources', () => {
    let running: PluginServer;

    beforeAll(async () => {
      running = await open(program, discoveryEnv());
      await untilResolved(running);
    });

    afterAll(() => running.close());

    it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
      for (const domain of ['unknown', 'port-0', 'port-70000'])
        await expectWaysOut(running, { domain }, expect.stringMatching(/^unknown domain;/));

      for (const port of ['"0"', '"70000"'])
        expect(await problemsWith(running, port)).toEqual([expect.stringMatching(/^endpoint vpce-\w+ .*1 to 65535/)]);
    });

    it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
      const of = { domain: 'sd2', mode: 'magic' };

      const through = await callsOf(running, of);
      const refused = await callsOf(running, { ...of, on_unresolved: 'reject' });

      expect(through).toEqual(times([]));
      expect(refused).toEqual(times([expect.objectContaining({ method: 'kong.response.exit' })]));
      expect(refused).toMatchObject(times([{ args: [503, expect.stringContaining('"message"'), expect.anything()] }]));
      expect(
        jsonLines(running).filter(({ reason }) => String(reason).includes('this version cannot use')),
      ).toHaveLength(1);
    });
  });

  it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
    const running = await start(program, {});

    await expectWaysOut(
      running,
      { domain: 'sd2', mode: 'target' },
      'no sources; start the plugin server with --config FILE',
    );
  });

  it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
    const running = await start(program, { KONG_PRIVATELINK_CONFIG: '/nonexistent/plugin.yaml' });

    await expectWaysOut(running, { domain: 'sd2' }, expect.stringMatching(/^nothing is discovered yet;/));

    expect(await problemsWith(running, '/nonexistent/plugin.yaml')).toHaveLength(1);
  });

  it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
    const running = await start(program, discoveryEnv({ endpoint: 'http://127.0.0.1:9' }));

    await expectWaysOut(running, { domain: 'sd2' }, expect.stringMatching(/^nothing is discovered yet;/));

    expect(await problemsWith(running, 'source hub, account self, region us-east-1')).toHaveLength(1);
  });

  it('is a configuration path without a file: on_unresolved applies, with two log lines', async () => {
    const running = await start(program, discoveryEnv({ zoneId: 'euw1-az1' }));
    await untilResolved(running);

    const calls = await callsOf(running, { domain: 'sd2' });

    expect(calls).toEqual(times(resolved));
    expect(new Set(calls.map((one) => JSON.stringify(one))).size).toBe(2);
    expect(await problemsWith(running, 'own zone')).toEqual([
      'no target lies in the region of the own zone euw1-az1: see --zone-id',
    ]);
  });
});

it("resolves with a zone's name instead of its id under the stock server, with one line", async () => {
  const running = await start('kong-js-pluginserver', discoveryEnv({ zoneId: 'us-east-1a' }));

  await untilResolved(running);

  expect(await problemsWith(running, 'KONG_PRIVATELINK_ZONE_ID')).toEqual([
    "KONG_PRIVATELINK_ZONE_ID is us-east-1a; write the zone's id (aws ec2 describe-availability-zones shows ZoneId), not its name",
  ]);
});
