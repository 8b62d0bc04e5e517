import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageOf } from '#core/errors';
import { openPeer, type Peer } from '../../support/kong/plugin-socket';
import { until } from '../../support/until';

/** Compiled: `npm test` builds it first. */
const mainPath = resolve(__dirname, '../../../dist/plugin/server/main.js');
/** The server needs about two dozen descriptors itself. */
const descriptors = 64;

let folder: string;
let socketPath: string;
let server: ChildProcess;
let log: string;
const peers: Peer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  socketPath = join(folder, 'js_pluginserver.sock');
  log = '';
});

afterEach(async () => {
  for (const { socket } of peers.splice(0)) socket.destroy();
  const ended = once(server, 'close');
  server.kill('SIGKILL');
  await ended;
  rmSync(folder, { recursive: true });
});

/** Starts the server, and waits until it serves. `limit` is a shell command that runs first. */
async function start(limit: string): Promise<void> {
  const argv = ['-c', `${limit}; exec "$0" "$@"`, process.execPath, mainPath, '-p', folder];
  server = spawn('sh', argv, { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
  server.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  await until('it serves', () => servingPids().length > 0);
}

/** Ids of all serving processes so far, in order. */
function servingPids(): readonly number[] {
  return [...log.matchAll(/"servingPid":(\d+)/g)].map(([, pid]) => Number(pid));
}

function open(): Peer {
  const peer = openPeer(socketPath);
  peers.push(peer);
  return peer;
}

/** The result of a call on a new connection, within Kong's own time-out of a minute. */
function outcome(peer = open()): Promise<string> {
  return peer.start().then(() => 'answered', messageOf);
}

/** Kong sends a request again if its connection closed without an answer. */
const harmless = ['answered', 'closed the connection'];

describe('kong-privatelink-pluginserver without file descriptors left', () => {
  beforeEach(() => start(`ulimit -n ${descriptors}`));

  it('fm-53 answers new connections while idle ones hold all descriptors, and kills nothing', async () => {
    for (let opened = 0; opened < 2 * descriptors; opened += 1) expect(await outcome()).toBe('answered');

    expect(log).not.toContain('the serving process');
  });

  it('fm-53 answers or closes more connections than it has descriptors, and then serves again', async () => {
    const outcomes = await Promise.all(Array.from({ length: 4 * descriptors }, () => outcome()));
    for (const { socket } of peers) socket.destroy();

    expect(harmless).toEqual(expect.arrayContaining([...new Set(outcomes)]));
    await until('it serves again', async () => (await outcome()) === 'answered');
  });

  it('fm-53 serves again after its serving process was killed without a free descriptor', async () => {
    await Promise.all(Array.from({ length: 4 * descriptors }, () => outcome()));
    const [first = 0] = servingPids();

    process.kill(first, 'SIGKILL');

    await until('it serves again', async () => (await outcome()) === 'answered');
  });
});

describe('kong-privatelink-pluginserver under load', () => {
  it.each(['SIGKILL', 'SIGSTOP'] as const)(
    'fm-53 answers or closes each connection while the serving process gets %s, and then serves again',
    async (signal) => {
      await start('true');
      const [first] = servingPids();
      const outcomes = new Set<string>();
      let isOver = false;
      const callers = Array.from({ length: 8 }, async () => {
        while (!isOver) {
          const peer = open();
          outcomes.add(await outcome(peer));
          peer.socket.destroy();
        }
      });
      await until('some are answered', () => outcomes.has('answered'));

      process.kill(first ?? 0, signal);
      await until('another process serves', () => servingPids().length > 1);
      isOver = true;
      await Promise.all(callers);

      expect(harmless).toEqual(expect.arrayContaining([...outcomes]));
      expect(await outcome()).toBe('answered');
    },
  );
});
