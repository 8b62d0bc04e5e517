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

describe('whyClosedToKong', () => {
  it('finds nothing wrong where folder and socket are of one user', () => {
    expect(whyClosedToKong(path)).toBeUndefined();
  });

  itAsRoot('names both users, and the fix, where nginx runs as another user than the server', () => {
    chownSync(folder, 1_000, 1_000);

    expect(whyClosedToKong(path)).toEqual({
      reason: `user 1000, who owns ${folder}, may not connect to a socket of user 0`,
      fix: 'start the server as the user that nginx runs as',
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
