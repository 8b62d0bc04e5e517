import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listenOn, whyClosedToKong } from '#plugin/server/listening/listen';

let folder: string;
let path: string;
let server: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  path = join(folder, 'js.sock');
  server = await listenOn(path, (socket) => socket.destroy());
  chmodSync(path, 0o755);
});

afterEach(async () => {
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true });
});

/** Only root may give its files away. */
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
if (itAsRoot === it.skip) process.stderr.write('skipped: a socket of other users. To run it: run the tests as root\n');

const stranger = 65_534;

/** The result of a connection of another user, who may enter the folder: `connected`, or a code. */
function connectAsStranger(socketPath: string): string {
  chmodSync(folder, 0o755);
  const script = `require('node:net').connect(${JSON.stringify(socketPath)})
    .on('connect', () => { process.stdout.write('connected'); process.exit(); })
    .on('error', ({ code }) => process.stdout.write(code));`;
  return spawnSync(process.execPath, ['-e', script], { uid: stranger, gid: stranger, encoding: 'utf8' }).stdout;
}

describe('listenOn', () => {
  itAsRoot('keeps other users from the socket', () => {
    expect(connectAsStranger(path)).toBe('EACCES');
  });

  itAsRoot('lets other users connect where it is told to, whatever the umask', async () => {
    const open = join(folder, 'open.sock');
    const before = process.umask(0o077);
    const listening = await listenOn(open, (socket) => socket.destroy(), { isForAll: true });
    process.umask(before);

    expect(connectAsStranger(open)).toBe('connected');

    await new Promise((done) => listening.close(done));
  });
});

describe('whyClosedToKong', () => {
  it('finds no fault if folder and socket belong to one user', () => {
    expect(whyClosedToKong(path)).toBeUndefined();
  });

  itAsRoot('names both users, and the fix, where nginx runs as another user than the server', () => {
    chownSync(folder, 1_000, 1_000);

    expect(whyClosedToKong(path)).toEqual({
      reason: `user 1000, who owns ${folder}, may not connect to a socket of user 0`,
      fix: 'start the server as the user that nginx runs as, or let all users connect with --sock-for-all',
    });
  });

  itAsRoot('finds nothing wrong where everybody may connect', () => {
    chownSync(folder, 1_000, 1_000);
    chmodSync(path, 0o777);

    expect(whyClosedToKong(path)).toBeUndefined();
  });

  itAsRoot('finds nothing wrong where nginx runs as root', () => {
    chownSync(path, 1_000, 1_000);

    expect(whyClosedToKong(path)).toBeUndefined();
  });
});
