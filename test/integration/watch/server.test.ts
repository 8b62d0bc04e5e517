import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';
import { parseSnapshot, serialiseSnapshot } from '#discovery/snapshot/file';
import { createSnapshotReader } from '#discovery/snapshot/reader';
import { startWatchServer, type WatchServer, type WatchState } from '#sync/watch/server';
import { endpointOf, knownScope, snapshotOf } from '../../support/builders';
import { createAuthority } from '../../support/network/certificates';
import { until } from '../../support/until';

const config = { intervalSeconds: 60, listen: '127.0.0.1:0' };
const text = serialiseSnapshot(snapshotOf(knownScope([endpointOf()])), 'test');
const state: WatchState = {
  isAlive: () => true,
  isReady: () => true,
  details: () => 'scope unknown scope=hub\n',
  metrics: () => 'up 1\n',
  snapshot: () => text,
};
let server: WatchServer;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

async function statusOf(path: string, options: Parameters<typeof request>[1] = {}): Promise<number> {
  const { statusCode, body } = await request(`${server.address}${path}`, { reset: true, ...options });
  await body.dump();
  return statusCode;
}

describe('startWatchServer', () => {
  it('serves the snapshot to a source of type snapshot, and 304 to a client that has it', async () => {
    server = await startWatchServer(config, state);
    const url = `${server.address}/v1/snapshot`;
    const read = createSnapshotReader({ type: 'snapshot', name: 'relay', url, allow: {} }, {});
    const signal = new AbortController().signal;

    const first = await read(undefined, signal);
    const second = await read(first?.etag, signal);

    expect(parseSnapshot(first?.text ?? '', { from: url, owner: 'test' })).toEqual(
      parseSnapshot(text, { from: 'memory', owner: 'test' }),
    );
    expect(second).toBeUndefined();
    expect(await statusOf('/v1/snapshot', { headers: { 'if-none-match': first?.etag ?? '' } })).toBe(304);
  });

  it('fm-54 prepares one answer at a time for a client that sends many requests and reads nothing', async () => {
    let asked = 0;
    const snapshot = () => {
      asked += 1;
      return new Promise<string>((resolve) => setTimeout(resolve, 100, text));
    };
    server = await startWatchServer(config, { ...state, snapshot });
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1').on('error', () => {});

    socket.write('GET /v1/snapshot HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(500));
    await once(socket.resume(), 'close');

    expect(asked).toBe(1);
  });

  it.each<[string, Partial<WatchState>, string]>([
    ['a loop that is stuck', { isAlive: () => false }, '/healthz'],
    ['no successful pass', { isReady: () => false }, '/readyz'],
    ['no snapshot', { snapshot: () => undefined }, '/v1/snapshot'],
  ])('answers 503 at %s', async (_, over, path) => {
    server = await startWatchServer(config, { ...state, ...over });

    expect(await statusOf(path)).toBe(503);
  });

  it.each([
    ['/nothing', 'GET', 404],
    ['/healthz', 'POST', 405],
    ['//', 'GET', 404],
    ['/healthz?from=probe', 'GET', 200],
  ] as const)('answers %s with %s by status %i', async (path, method, status) => {
    server = await startWatchServer(config, state);

    expect(await statusOf(path, { method })).toBe(status);
  });

  it('names another worker as the cause of a taken port, and does not mention TLS that is not set', async () => {
    server = await startWatchServer(config, state);
    const listen = new URL(server.address).host;

    const second = startWatchServer({ ...config, listen }, state);

    await expect(second).rejects.toThrow(/another worker may be running there.* watch\.listen to a free address$/);
  });

  it('names the unreadable files of watch.tls', async () => {
    server = await startWatchServer(config, state);
    const tls = { cert: join(folder, 'none'), key: join(folder, 'none') };

    await expect(startWatchServer({ ...config, tls }, state)).rejects.toThrow(/watch\.tls to files/);
  });

  it('answers while clients hold silent connections, and keeps few of them', async () => {
    server = await startWatchServer(config, state);
    const idle = await Promise.all(Array.from({ length: 200 }, () => openIdle('')));

    expect(await statusOf('/healthz')).toBe(200);
    await until('there is an end to most', () => idle.filter(({ destroyed }) => !destroyed).length <= 64);
    closeAll(idle);
  });

  it('closes connections whose headers do not end', async () => {
    server = await startWatchServer(config, state);
    const endless = await Promise.all(Array.from({ length: 3 }, () => openIdle('GET /healthz HTTP/1.1\r\n')));
    const dripping = setInterval(() => {
      for (const socket of endless) if (socket.writable) socket.write('x: y\r\n');
    }, 100);

    await until('they are closed', () => endless.every(({ destroyed }) => destroyed));
    clearInterval(dripping);

    expect(await statusOf('/healthz')).toBe(200);
  });

  it('uses TLS and requires the token where both are set', async () => {
    const authority = createAuthority(folder);
    const { certFile: cert, keyFile: key } = authority.issue('worker', ['127.0.0.1']);
    server = await startWatchServer({ ...config, tls: { cert, key }, token: 'secret-of-the-relay' }, state);
    const dispatcher = new Agent({ connect: { ca: authority.cert } });
    const ask = (authorization: string) => statusOf('/metrics', { dispatcher, headers: { authorization } });

    const statuses = [await ask(''), await ask('Bearer other'), await ask('Bearer secret-of-the-relay')];
    await dispatcher.close();

    expect(server.address).toMatch(/^https:/);
    expect(statuses).toEqual([401, 401, 200]);
  });

  it.each<[string, string | undefined, Partial<WatchState>, number, string]>([
    ['nothing but ok without the token', undefined, {}, 200, 'ok\n'],
    [
      'nothing but that it is not without the token',
      undefined,
      { isAlive: () => false, isReady: () => false },
      503,
      'not ok\n',
    ],
    ['nothing but ok with another token', 'other', {}, 200, 'ok\n'],
    ['the conditions, with the token', 'secret-of-the-relay', {}, 200, 'ok\nscope unknown scope=hub\n'],
  ])('tells a probe %s', async (_, bearer, over, status, said) => {
    server = await startWatchServer({ ...config, token: 'secret-of-the-relay' }, { ...state, ...over });
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    const answers = await Promise.all(
      ['/healthz', '/readyz'].map(async (path) => {
        const { statusCode, body } = await request(`${server.address}${path}`, { reset: true, headers });
        return [statusCode, await body.text()];
      }),
    );

    expect(answers).toEqual([
      [status, said],
      [status, said],
    ]);
  });

  it.each(['/metrics', '/v1/snapshot', '/', '/healthz/', '/v1/healthz'])(
    'refuses %s without the token',
    async (path) => {
      server = await startWatchServer({ ...config, token: 'secret-of-the-relay' }, state);

      expect(await statusOf(path)).toBe(401);
    },
  );
});

/** A connection on which only the given text is sent. */
async function openIdle(text: string): Promise<Socket> {
  const { hostname, port } = new URL(server.address);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {}).resume();
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

function closeAll(sockets: readonly Socket[]): void {
  for (const socket of sockets) socket.destroy();
}
