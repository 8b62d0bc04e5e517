import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encode } from '@msgpack/msgpack';
import { credentialsOf } from '#sandbox/aws/credentials';
import {
  dumpPlugins,
  type PluginServer,
  type PluginServerOptions,
  type PluginServerProgram,
  startPluginServer,
} from '#sandbox/plugin-server/server';
import { type Estate, gatewayAccount, openEstate } from '../../support/estate';
import { until } from '../../support/until';

/** The stock server loads compiled files only: `npm test` builds them first. */
const entriesDir = resolve(__dirname, '../../../dist/plugin/entries');

let folder: string;
let estate: Estate;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  estate = await openEstate();
});

afterAll(async () => {
  await estate.close();
  rmSync(folder, { recursive: true });
});

function optionsOf(name: string, env: Readonly<Record<string, string>> = {}): PluginServerOptions {
  return { entriesDir, socketPath: join(folder, `${name}.sock`), env, cwd: folder };
}

const programs: readonly PluginServerProgram[] = ['kong-js-pluginserver', 'kong-privatelink-pluginserver'];

/**
 * Variables of a start command with discovery: a configuration file and a credentials file, no
 * secret in argv.
 */
function discoveryEnv(more = ''): Readonly<Record<string, string>> {
  const { accessKeyId, secretAccessKey } = credentialsOf(gatewayAccount);
  const credentials = join(folder, 'credentials');
  writeFileSync(
    credentials,
    `[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
    { mode: 0o600 },
  );
  const config = join(mkdtempSync(join(folder, 'config-')), 'plugin.yaml');
  writeFileSync(
    config,
    `owner: test
sources: [{ name: hub, type: vpc-endpoints, regions: [us-east-1], endpoint: "${estate.aws.url}", allow: { addresses: ["127.0.0.0/8"] } }]
controlPlane: { type: konnect, name: prod, token: "\${KONNECT_TOKEN}" }
${more}`,
  );
  return {
    KONG_PRIVATELINK_CONFIG: config,
    KONG_PRIVATELINK_ZONE_ID: 'use1-az2',
    AWS_SHARED_CREDENTIALS_FILE: credentials,
  };
}

/** Kills the stock server, by two messages in one chunk. */
async function crash(socketPath: string): Promise<void> {
  const socket = connect(socketPath);
  const message = encode([0, 1, 'plugin.GetStatus', []]);
  socket.write(Buffer.concat([message, message]));
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('close', resolve));
}

/** A provider that accepts connections. */
async function listen(host: string, port = 0) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  await new Promise<void>((done) => server.listen(port, host, done));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((done) => server.close(done));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

const noAnswer = async () => undefined;

/** The first requests after a start may come before the first discovery; they fall through. */
async function untilResolved(server: PluginServer, domain: string): Promise<void> {
  const instance = await server.startInstance('privatelink', { domain, mode: 'target', probe: 'none' });
  const calls = () => server.handleEvent(instance, 'access', noAnswer);
  await until(`the plugin resolves ${domain}`, async () => (await calls()).length > 0);
}

describe.each(programs)('privatelink under %s', (program) => {
  const optionsFor = (name: string, env?: Readonly<Record<string, string>>): PluginServerOptions => ({
    ...optionsOf(`${name}-${program.slice(5, 7)}`, env),
    program,
  });

  describe('with sources', () => {
    let server: PluginServer;

    beforeAll(async () => {
      estate.addEndpoint('sd2', ['10.0.1.11', '10.0.2.11', '10.0.3.11'], { tags: { 'kong:port': '8080' } });
      estate.addEndpoint('sd6', ['2600:1f18::7']);
      server = await startPluginServer(optionsFor('sources', discoveryEnv()));
      await untilResolved(server, 'sd2');
    });

    afterAll(() => server.close());

    it('calls set_target in its own zone and set_header once per request, and nothing else of the PDK', async () => {
      const instance = await server.startInstance('privatelink', { domain: 'sd2', probe: 'none' });

      for (let request = 0; request < 5; request += 1) {
        expect(await server.handleEvent(instance, 'access', noAnswer)).toEqual([
          { method: 'kong.service.set_target', args: ['10.0.2.11', 8080] },
          { method: 'kong.service.request.set_header', args: ['Host', 'sd2.privatelink:8080'] },
        ]);
      }
    });

    it('takes turns over all zones without affinity', async () => {
      const instance = await server.startInstance('privatelink', { domain: 'sd2', probe: 'none', affinity: 'none' });

      const picked: unknown[] = [];
      for (let request = 0; request < 6; request += 1)
        picked.push((await server.handleEvent(instance, 'access', noAnswer))[0]?.args[0]);

      expect(picked.sort()).toEqual(['10.0.1.11', '10.0.1.11', '10.0.2.11', '10.0.2.11', '10.0.3.11', '10.0.3.11']);
    });

    it('sends host_header verbatim', async () => {
      const instance = await server.startInstance('privatelink', {
        domain: 'sd2',
        probe: 'none',
        host_header: 'api.example',
      });

      const [, header] = await server.handleEvent(instance, 'access', noAnswer);

      expect(header?.args).toEqual(['Host', 'api.example']);
    });

    it('writes an IPv6 address in brackets', async () => {
      const instance = await server.startInstance('privatelink', { domain: 'sd6', probe: 'none' });

      expect((await server.handleEvent(instance, 'access', noAnswer))[0]?.args).toEqual([
        '[2600:1f18:0000:0000:0000:0000:0000:0007]',
        80,
      ]);
    });

    it('fm-25 survives a PDK call that Kong refuses', async () => {
      const instance = await server.startInstance('privatelink', { domain: 'sd2', probe: 'none' });
      await server.handleEvent(instance, 'access', async () => Promise.reject(new Error('refused')));

      expect(await server.handleEvent(instance, 'access', noAnswer)).toHaveLength(2);
    });
  });

  it.each([
    ['its zone', { KONG_PRIVATELINK_ZONE_ID: 'use1-az2' }, 'use1-az2.sd2.privatelink'],
    ['the domain while the zone is not known', {}, 'sd2.privatelink'],
  ])('makes one call without sources: the upstream of %s', async (name, env, expected) => {
    const server = await startPluginServer(optionsFor(`up-${name.slice(-5)}`, env));
    const instance = await server.startInstance('privatelink', { domain: 'sd2' });

    const calls = [
      await server.handleEvent(instance, 'access', async () => true),
      await server.handleEvent(instance, 'access', noAnswer),
    ];
    await server.close();

    const call = { method: 'kong.service.set_upstream', args: [expected] };
    expect(calls).toEqual([[call], [call]]);
  });

  it('fm-22 leaves a dead target within interval x fall, and returns when it lives again', async () => {
    const provider = await listen('127.20.9.1');
    estate.addEndpoint('sd9', ['127.20.9.1', '127.20.9.2'], { tags: { 'kong:port': String(provider.port) } });
    const other = await listen('127.20.9.2', provider.port);
    const server = await startPluginServer(optionsFor('probes', discoveryEnv()));
    const probe = { probe_interval_seconds: 0.1, probe_fall: 2, probe_rise: 1 };
    const instance = await server.startInstance('privatelink', { domain: 'sd9', affinity: 'none', ...probe });
    const picked = async () => {
      const [first] = await server.handleEvent(instance, 'access', noAnswer);
      const [second] = await server.handleEvent(instance, 'access', noAnswer);
      return [first?.args[0], second?.args[0]].sort().join(' ');
    };
    const untilPicked = (expected: string) => until(`it picks ${expected}`, async () => (await picked()) === expected);

    await untilPicked('127.20.9.1 127.20.9.2');
    await provider.close();
    await untilPicked('127.20.9.2 127.20.9.2');
    const again = await listen('127.20.9.1', provider.port);
    await untilPicked('127.20.9.1 127.20.9.2');
    await Promise.all([again.close(), other.close(), server.close()]);
  });

  it('goes on while credentials expire, logs it, and obeys on_unresolved when all data are too old', async () => {
    estate.addEndpoint('sd8', ['10.0.8.11']);
    const server = await startPluginServer(optionsFor('expired', discoveryEnv('watch: { intervalSeconds: 1 }\n')));
    await untilResolved(server, 'sd8');
    const config = { domain: 'sd8', probe: 'none' };
    const patient = await server.startInstance('privatelink', config);
    const strict = await server.startInstance('privatelink', {
      ...config,
      max_stale_seconds: 2,
      on_unresolved: 'reject',
    });
    const heal = estate.aws.inject({ kind: 'expired' });
    const isRejected = async () =>
      (await server.handleEvent(strict, 'access', noAnswer))[0]?.method === 'kong.response.exit';

    await until('what is known is too old', isRejected);
    // On a slow machine the data may become too old before AWS has refused a call.
    await until('it says why', () => server.log().includes('credentials have not expired'));
    const calls = [await isRejected(), (await server.handleEvent(patient, 'access', noAnswer)).length];
    heal();
    await server.close();

    expect(calls).toEqual([true, 2]);
    expect(server.log().match(/check that the credentials have not expired/g)).toHaveLength(1);
    expect(server.log().match(/max_stale_seconds 2/g)).toHaveLength(1);
  });
});

describe('privatelink under the stock kong-js-pluginserver', () => {
  it('dumps its schema and exits', async () => {
    const dump = await dumpPlugins(optionsOf('dump', discoveryEnv()));

    expect(dump).toMatchObject([{ Name: 'privatelink', Phases: ['access'], Priority: 790, Version: '0.1.0' }]);
    expect(JSON.stringify(dump)).toContain('"domain":{"description"');
  });

  it('reports the death of the server, rejects at once, and starts again on the old socket', async () => {
    const options = optionsOf('dies');
    let onExit: (reason: string) => void = () => {};
    const exited = new Promise<string>((resolve) => {
      onExit = resolve;
    });
    const server = await startPluginServer({ ...options, onExit });
    const instance = await server.startInstance('privatelink', { domain: 'sd2' });

    await crash(options.socketPath);
    await expect(server.handleEvent(instance, 'access', noAnswer)).rejects.toThrow(
      /plugin\.HandleEvent(?!.*did not answer)/,
    );
    expect(await exited).toMatch(/^the plugin server ended with \d+:[\s\S]*RangeError/);
    await server.close();
    const second = await startPluginServer(options);
    const again = await second.startInstance('privatelink', { domain: 'sd2' });
    const calls = await second.handleEvent(again, 'access', noAnswer);
    await second.close();

    expect(calls).toHaveLength(1);
  });

  it.each([
    ['a missing working folder', { cwd: '/nonexistent' }, /did not start/],
    ['missing entries', { entriesDir: '/nonexistent' }, /ended with 1[\s\S]*ENOENT/],
  ])('rejects with the reason, and reports no exit, when the server cannot start: %s', async (_, over, reason) => {
    const exits: string[] = [];
    const options = { ...optionsOf('broken'), ...over, onExit: (why: string) => exits.push(why) };

    await expect(startPluginServer(options)).rejects.toThrow(reason);
    expect(exits).toEqual([]);
  });
});
