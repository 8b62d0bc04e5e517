import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fuzzPluginServer } from '#bench/plugin-server/fuzz';
import { unreferencedClock } from '#io/clock';
import { type SuperviseOptions, supervise } from '#plugin/server/listening/supervise';
import { type PluginServerOptions, startPluginServer } from '#sandbox/plugin-server/server';
import { openPeer, type Peer } from '../../support/kong/plugin-socket';
import { until } from '../../support/until';

/** Compiled: `npm test` builds it first. */
const mainPath = resolve(__dirname, '../../../dist/plugin/server/main.js');
const servingPath = resolve(__dirname, '../../../dist/plugin/server/serving/main.js');
const entriesDir = resolve(__dirname, '../../../dist/plugin/entries');

let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(() => rmSync(folder, { recursive: true }));

type Ended = { readonly code: number | null; readonly out: string; readonly err: string };

/** Starts the server with an empty environment, as nginx does. */
function start(...args: readonly string[]) {
  const child = spawn(process.execPath, [mainPath, ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = once(child, 'close').then(([code]): Ended => ({ code, out, err }));
  const says = async (words: string) => {
    while (!err.includes(words))
      await Promise.race([once(child.stderr, 'data'), ended.then(() => expect(err).toContain(words))]);
  };
  return { child, ended, says };
}

function optionsOf(name: string): PluginServerOptions {
  const socketPath = join(folder, `${name}.sock`);
  return { program: 'kong-privatelink-pluginserver', entriesDir, socketPath, env: {}, cwd: folder };
}

/** Supervises, in this process, a server that loads no plugin. Only `over` hears its events. */
function superviseBareServer(socketPath: string, over: Partial<SuperviseOptions>) {
  const startServing = () => {
    const child = fork(servingPath, [], { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    children.push(child);
    return child;
  };
  const silent = { onServing: () => {}, onProblem: () => {}, onEnd: () => {} };
  return supervise({ socketPath, startServing, askEveryMs: 60_000, clock: unreferencedClock, ...silent, ...over });
}

function servingPids(log: string): readonly number[] {
  return [...log.matchAll(/"servingPid":(\d+)/g)].map(([, pid]) => Number(pid));
}

describe('kong-privatelink-pluginserver', () => {
  it.each(['--dump-all-plugins', '-dump-all-plugins'])('prints exactly one JSON and exits with %s', async (flag) => {
    const { code, out, err } = await start('-p', '/prefix', '--sock-name', 'x.sock', flag, '--zone-id', 'use1-az1')
      .ended;

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({
      Protocol: 'ProtoBuf:1',
      SocketPath: '/prefix/x.sock',
      Plugins: [
        {
          Name: 'privatelink',
          Phases: ['access'],
          Version: '0.1.0',
          Priority: 790,
          Schema: { name: 'privatelink', fields: [{ config: { type: 'record', fields: expect.any(Array) } }] },
        },
      ],
    });
  });

  it('prints equal bytes with the socket options alone and with all options of its start', async () => {
    const socket = ['--kong-prefix', folder, '--sock-name', 'dumped.sock'];
    const built = await start(...socket, '--dump-all-plugins').ended;
    const more = [
      '--sock-for-all',
      '--config',
      '/etc/none.yaml',
      '--zone-id',
      'use1-az1',
      '--metrics',
      '127.0.0.1:9544',
    ];
    const running = await start(...socket, ...more, '--dump-all-plugins').ended;
    const { child, ended, says } = start(...socket, '--sock-for-all');
    await says('listening');
    child.kill('SIGTERM');

    const { err } = await ended;
    const { socketPath } = JSON.parse(err.split('\n')[0] ?? '');
    expect(running).toEqual(built);
    expect(JSON.parse(built.out).SocketPath).toBe(socketPath);
  });

  it.each([
    [['--sock-for-all'], 0o022],
    [[], 0],
  ])('with %j grants others the write bits %o on its socket', async (args, expected) => {
    const before = process.umask(0o022);
    const { child, ended, says } = start('-p', folder, '--sock-name', 'mode.sock', ...args);
    process.umask(before);
    await says('listening');

    expect(statSync(join(folder, 'mode.sock')).mode & 0o022).toBe(expected);

    child.kill('SIGTERM');
    await ended;
  });

  it('prints one plugin with --dump-plugin-info', async () => {
    const { code, out } = await start('--dump-plugin-info', 'privatelink').ended;

    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ Name: 'privatelink', Priority: 790 })]);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['missing plugins', ['-p', '.', '-d', '/nonexistent'], /give another with -d/],
    ['an unknown plugin', ['--dump-plugin-info', 'other'], /there is no plugin other; there is privatelink/],
    ['an unknown option', ['--nope'], /unknown option '--nope'/],
    [
      'a socket in a missing folder',
      ['-p', '/nonexistent'],
      /cannot be created .*(EACCES|ENOENT).*; make the folder \/nonexistent, or .*--kong-prefix/,
    ],
    ["a zone's name", ['-p', '.', '--zone-id', 'us-east-1a'], /write the zone's id .*ZoneId\), not its name/],
    ['metrics for everybody', ['-p', '.', '--metrics', '0.0.0.0:9544'], /no address of this host alone.*--metrics/],
    ['metrics on an invalid port', ['-p', '.', '--metrics', '127.0.0.1:70000'], /no address of this host alone/],
  ])('ends with 1 and the fix when given %s', async (_, args, message) => {
    const { code, err } = await start(...args.map((one) => (one === '.' ? folder : one))).ended;

    expect(code).toBe(1);
    expect(err).toMatch(message);
  });

  it('ends with 1 where another process serves the socket, and leaves that process alone', async () => {
    const path = join(folder, 'served.sock');
    const other = createServer().listen(path);
    await once(other, 'listening');

    const { code, err } = await start('-p', folder, '--sock-name', 'served.sock').ended;

    expect([code, err]).toEqual([1, expect.stringContaining('is served by another process; stop what uses it')]);
    expect(other.listening).toBe(true);
    await new Promise((done) => other.close(done));
  });

  it('ends with 1 where the path is a file, and leaves the file unchanged', async () => {
    writeFileSync(join(folder, 'file.sock'), 'mine');

    const { err } = await start('-p', folder, '--sock-name', 'file.sock').ended;

    expect(err).toContain('is no socket, and is left as it is');
  });

  it('replaces a socket that a killed server left behind', async () => {
    const first = start('-p', folder, '--sock-name', 'stale.sock');
    await first.says('listening');
    first.child.kill('SIGKILL');
    await first.ended;

    const second = start('-p', folder, '--sock-name', 'stale.sock');
    await second.says('listening');
    second.child.kill('SIGTERM');

    expect((await second.ended).code).toBe(0);
  });

  it('stops with 0 on SIGTERM', async () => {
    const { child, ended, says } = start('-p', folder);
    await says('listening');
    child.kill('SIGTERM');

    const { code, err } = await ended;
    expect(code).toBe(0);
    expect(
      err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg),
    ).toEqual(['listening', 'stopping']);
  });

  it('serves its metrics on a unix socket', async () => {
    const socketPath = join(folder, 'metrics.sock');
    const { says } = start('-p', folder, '--metrics', `unix:${socketPath}`);
    await says('listening');

    const text = await new Promise<string>((done, fail) => {
      const call = request({ socketPath, path: '/metrics' }, (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => done(body));
      });
      call.on('error', fail).end();
    });

    expect(text).toContain('\nkong_privatelink_plugin_events_total 0\n');
  });

  it('fm-25 answers the next request without a restart when its serving process is killed', async () => {
    const exits: string[] = [];
    const server = await startPluginServer({ ...optionsOf('killed'), onExit: (reason) => exits.push(reason) });
    try {
      await until('it serves', () => servingPids(server.log()).length === 1);
      const [pid = 0] = servingPids(server.log());

      process.kill(pid, 'SIGKILL');
      const instance = await server.startInstance('privatelink', { domain: 'sd2', mode: 'upstream' });
      const calls = await server.handleEvent(instance, 'access', async () => undefined);

      expect([calls.length, exits]).toEqual([1, []]);
      expect(server.log()).toContain('the serving process ended with SIGKILL');
      expect(servingPids(server.log())).toEqual([pid, expect.any(Number)]);
    } finally {
      await server.close();
    }
  });

  it("fm-25 closes a killed process's connections once the next one serves, and marks each lost at once", async () => {
    const socketPath = join(folder, 'orphans.sock');
    const events: string[] = [];
    const supervisor = await superviseBareServer(socketPath, { onServing: () => events.push('serves') });
    const peers = [openPeer(socketPath), openPeer(socketPath)];
    try {
      for (const peer of peers) await peer.start();
      for (const { socket } of peers) {
        socket.on('data', (bytes) => events.push(`${bytes.length} byte`));
        socket.on('end', () => events.push('end'));
      }

      children.at(-1)?.kill('SIGKILL');
      await Promise.all(peers.map(({ closed }) => closed));

      expect(events).toEqual(['serves', '1 byte', '1 byte', 'serves', 'end', 'end']);
    } finally {
      supervisor.stop();
    }
  });

  it('fm-25 kills a hung serving process, and the next one answers the waiting request', async () => {
    const socketPath = join(folder, 'hung.sock');
    let serving: ChildProcess | undefined;
    let waits: Peer | undefined;
    const problems: string[] = [];
    const supervisor = await superviseBareServer(socketPath, {
      askEveryMs: 500,
      onServing: () => {
        serving = children.at(-1);
      },
      onProblem: (reason) => problems.push(reason),
    });
    const served = openPeer(socketPath);
    try {
      await served.start();
      serving?.kill('SIGSTOP');
      waits = openPeer(socketPath);

      expect(await waits.start()).toBeGreaterThan(0);
      // Closed, not reset: Kong sends the request again.
      expect(await served.closed).toBe(false);
      expect(problems.slice(0, 2)).toEqual([
        expect.stringContaining('does not answer'),
        expect.stringContaining('SIGKILL'),
      ]);
    } finally {
      supervisor.stop();
      waits?.socket.destroy();
    }
  });

  describe('the serving process', () => {
    /**
     * Starts a listener and a serving process, and records the messages of the serving process.
     */
    async function startServing(name: string) {
      const socketPath = join(folder, `${name}.sock`);
      const listener = createServer({ pauseOnConnect: true }).listen(socketPath);
      await once(listener, 'listening');
      const serving = fork(servingPath, [], { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
      children.push(serving);
      const told: unknown[] = [];
      serving.on('message', (message) => told.push(message));
      const untilAsked = (times: number) =>
        until('it asks for a connection', () => told.filter((message) => message === 'next').length === times);
      await untilAsked(1);
      return { socketPath, listener, serving, told, untilAsked };
    }

    it('fm-53 reports each connection that Kong closed before the process took it', async () => {
      const { socketPath, listener, serving, told, untilAsked } = await startServing('closed');
      const numbers = Array.from({ length: 30 }, (_, index) => index + 1);

      // Which connections close before the process takes them is a race.
      for (const number of numbers) {
        const kong = connect(socketPath);
        const [connection] = await once(listener, 'connection');
        await once(kong.destroy(), 'close');
        serving.send(number, connection, { keepOpen: true });
        serving.send(number);
        await until(`it tells that connection ${number} is closed`, () => told.includes(number));
        await untilAsked(number + 1);
        connection.destroy();
      }

      expect(told.filter((message) => message !== 'next')).toEqual(numbers);
      listener.close();
    });

    it('fm-53 asks for the next connection before it reads the last one: a crash would lose both', async () => {
      const { socketPath, listener, serving, told, untilAsked } = await startServing('read');
      const kong = openPeer(socketPath);
      const answer = kong.start();
      const [connection] = await once(listener, 'connection');

      serving.send(1, connection, { keepOpen: true });

      await untilAsked(2);
      expect([await answer, told]).toEqual([expect.any(Number), ['next', 'next']]);
      kong.socket.destroy();
      connection.destroy();
      listener.close();
    });
  });

  it('ends when the listening process is killed', async () => {
    const { child, ended, says } = start('-p', folder, '--sock-name', 'orphan.sock');
    await says('listening');

    child.kill('SIGKILL');

    // The serving process shares standard error, which closes when both have ended.
    expect((await ended).code).toBe(null);
  });

  it('answers the next valid request after each of 200 rounds of random and mutated frames', async () => {
    const options = optionsOf('fuzz');
    const exits: string[] = [];
    const server = await startPluginServer({ ...options, onExit: (reason) => exits.push(reason) });

    const fuzz = { socketPath: options.socketPath, server, seed: 1, isOver: (round: number) => round === 200 };
    const rounds = await fuzzPluginServer(fuzz).finally(server.close);

    expect([rounds, exits]).toEqual([200, []]);
  });
});
