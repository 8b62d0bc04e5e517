import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSnapshotReader } from '#discovery/snapshot/reader';
import { signal } from '../../support/control-planes/konnect';
import { createAuthority } from '../../support/network/certificates';
import { type Listening, listenOn, startProxy, startTlsFront } from '../../support/network/servers';

let folder: string;
let server: Server;
let port: number;
let front: Listening;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  server = createServer((_, response) => response.end('{}'));
  port = await listenOn(server);
  front = await startTlsFront(createAuthority(folder).issue('server', ['127.0.0.1']), port);
});

afterEach(() => {
  delete process.env.HTTPS_PROXY;
});

afterAll(async () => {
  await front.close();
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const read = (url: string) =>
  createSnapshotReader({ type: 'snapshot', name: 'relay', url, allow: {} })(undefined, signal);

describe('a snapshot that refuses the connection', () => {
  it('fm-61 is reported with the fix and as permanent where its authority is not known', async () => {
    await expect(read(`https://127.0.0.1:${front.port}/s`)).rejects.toMatchObject({
      code: 'BAD_CONNECTION',
      transient: false,
      fix: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
  });

  it('fm-61 is reported with the port where the server speaks no TLS', async () => {
    await expect(read(`https://127.0.0.1:${port}/s`)).rejects.toMatchObject({
      code: 'BAD_CONNECTION',
      reason: `source relay, https://127.0.0.1:${port}/s: the snapshot cannot be read (wrong version number)`,
      fix: 'correct the port of `url` of the source: the server there does not speak TLS',
    });
  });

  it.each([
    [407, 'BAD_CONNECTION'],
    [502, 'UNREACHABLE'],
  ])('fm-60 is reported with the answer of the proxy (%i)', async (status, code) => {
    const proxy = await startProxy({});
    proxy.answer(status);
    process.env.HTTPS_PROXY = proxy.url;

    const thrown = await read('https://snapshot.example/s').catch((one: unknown) => one);

    await proxy.close();
    expect(thrown).toMatchObject({ code, reason: expect.stringContaining(`answered ${status} to CONNECT`) });
  });
});
