import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openPeer } from '../../support/kong/plugin-socket';
import { until } from '../../support/until';

/** Compiled: `npm test` builds it first. */
const mainPath = resolve(__dirname, '../../../dist/plugin/server/main.js');

let folder: string;
let started: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => {
  started?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

type Full = { readonly stdout?: boolean; readonly stderr?: boolean };

/** Starts the server with a bad zone, which it logs, and with these outputs on a full disk. */
function start(args: readonly string[], { stdout, stderr }: Full = {}) {
  const disk = stdout || stderr ? openSync('/dev/full', 'w') : undefined;
  const [out, err] = [stdout, stderr].map((isFull) => (isFull ? disk : ('pipe' as const)));
  const env = { KONG_PRIVATELINK_ZONE_ID: 'us-east-1a' };
  const child = spawn(process.execPath, [mainPath, ...args], { env, stdio: ['ignore', out, err] });
  if (disk !== undefined) closeSync(disk);
  started = child;
  return { child, ended: once(child, 'close').then(([code]) => code as number | null) };
}

/** Whether the server lets Kong start the plugin. */
async function serves(): Promise<boolean> {
  const peer = openPeer(join(folder, 'js_pluginserver.sock'));
  peer.socket.on('error', () => {});
  const id = await Promise.race([peer.start(), once(peer.socket, 'close').then(() => 0)]);
  peer.socket.destroy();
  return id > 0;
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

// Only Linux has /dev/full.
onLinux('kong-privatelink-pluginserver on a full disk', () => {
  it('fm-55 serves, and stops with 0, although its log cannot be written', async () => {
    const { child, ended } = start(['-p', folder], { stderr: true });
    await until('it serves', async () => child.exitCode !== null || (await serves()));
    expect(await serves()).toBe(true);
    child.kill('SIGTERM');

    expect(await ended).toBe(0);
  });

  it('fm-55 ends with 1 when a dump cannot be written, and says why', async () => {
    const { child, ended } = start(['--dump-all-plugins'], { stdout: true });
    const said = child.stderr ? await text(child.stderr) : '';

    expect(await ended).toBe(1);
    expect(JSON.parse(said)).toMatchObject({
      msg: 'cannot go on',
      reason: expect.stringMatching(/^cannot write standard output \(ENOSPC.*; free space on its disk$/),
    });
  });
});

describe('kong-privatelink-pluginserver whose log has no reader any more', () => {
  it('fm-55 serves, and stops with 0', async () => {
    const { child, ended } = start(['-p', folder]);
    child.stderr?.destroy();
    await until('it serves', async () => child.exitCode !== null || (await serves()));
    expect(await serves()).toBe(true);
    child.kill('SIGTERM');

    expect(await ended).toBe(0);
  });
});

describe('the log of kong-privatelink-pluginserver', () => {
  it('fm-51 holds no control characters, and the whole text', async () => {
    const name = 'a\u009b2Jb\u202ec';
    const { child, ended } = start(['--dump-plugin-info', name]);
    const said = child.stderr ? await text(child.stderr) : '';

    expect(await ended).toBe(1);
    expect(said).toContain('a\\u009b2Jb\\u202ec');
    expect(JSON.parse(said).reason).toContain(name);
  });
});
