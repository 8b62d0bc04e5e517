import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { listenTogether, openLoopback } from '#sandbox/network/loopback';
import { startPassThrough } from '#sandbox/network/pass-through';
import { type Provider, type ProviderOptions, startProvider } from '#sandbox/network/providers';
import { until } from '../../support/until';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function provide(addresses: readonly string[], handle: ProviderOptions['handle']): Promise<Provider> {
  const provider = await startProvider({ addresses, handle });
  open.push(provider);
  return provider;
}

const echo: ProviderOptions['handle'] = async ({ address, method, path, body }) => ({
  status: 201,
  body: { address, method, path, body },
});

describe('openLoopback', () => {
  it('gives each endpoint its own interfaces, or one address where the machine has no more', async () => {
    const { isDistinct, allot } = await openLoopback();

    const allotted = [allot(3), allot(2)];

    const distinct = [
      ['127.20.1.11', '127.20.1.12', '127.20.1.13'],
      ['127.20.2.11', '127.20.2.12'],
    ];
    expect(allotted).toEqual(isDistinct ? distinct : [['127.0.0.1'], ['127.0.0.1']]);
  });
});

describe('listenTogether', () => {
  it('closes its servers when one of the addresses cannot be used', async () => {
    const { allot } = await openLoopback();
    const taken = await listenTogether(['127.0.0.1'], () => createServer());
    open.push(taken);
    const servers: Server[] = [];
    const serverFor = () => {
      const server = createServer();
      servers.push(server);
      return server;
    };

    await expect(listenTogether([...allot(1), '127.0.0.1'], serverFor, taken.port)).rejects.toThrow('EADDRINUSE');

    expect(servers.map(({ listening }) => listening)).not.toContain(true);
  });

  it('tries again when its given port is taken', async () => {
    let attempts = 0;
    const serverFor = () => {
      attempts += 1;
      const server = createServer();
      const taken = Object.assign(new Error('taken'), { code: 'EADDRINUSE' });
      // The system's error when another address has that port in use.
      const refuse = () => {
        server.emit('error', taken);
        return server;
      };
      if (attempts < 3) server.listen = refuse;
      return server;
    };

    const listening = await listenTogether(['127.0.0.1'], serverFor);
    open.push(listening);

    expect(attempts).toBe(3);
  });
});

describe('startProvider', () => {
  it('answers on all its addresses at one port, and records the requests of each', async () => {
    const { allot } = await openLoopback();
    const provider = await provide(allot(2), echo);

    for (const address of provider.addresses) {
      const { body } = await request(`http://${address}:${provider.port}/a?b=1`, { method: 'POST', body: 'sent' });
      expect(await body.json()).toEqual({ address, method: 'POST', path: '/a?b=1', body: 'sent' });
    }

    const [first = ''] = provider.addresses;
    expect(provider.requests()).toHaveLength(provider.addresses.length);
    expect(provider.requests(first)).toMatchObject([
      { address: first, headers: { host: `${first}:${provider.port}` } },
    ]);
  });

  it('answers at added addresses, at the same port, until it is closed', async () => {
    const { allot, isDistinct } = await openLoopback();
    const provider = await provide(allot(1), echo);
    const [address = ''] = allot(1);
    const answers = () =>
      request(`http://${address}:${provider.port}/a`, { reset: true }).then(
        ({ statusCode, body }) => body.dump().then(() => statusCode),
        () => undefined,
      );
    const before = await answers();

    provider.answerAt([address]);
    await until('it answers there', async () => (await answers()) === 201);
    await provider.close();

    expect([before, await answers()]).toEqual([isDistinct ? undefined : 201, undefined]);
  });

  it('answers 500 with the reason when the handler throws', async () => {
    const provider = await provide(['127.0.0.1'], async () => {
      throw new Error('on-premises is away');
    });

    const { statusCode, body } = await request(`http://127.0.0.1:${provider.port}/`);

    expect([statusCode, await body.json()]).toEqual([500, { message: 'on-premises is away' }]);
  });

  it('breaks running requests when it is closed', async () => {
    const events = new EventEmitter();
    const arrived = once(events, 'arrived');
    const provider = await provide(['127.0.0.1'], async () => {
      events.emit('arrived');
      return new Promise(() => undefined);
    });
    const asked = request(`http://127.0.0.1:${provider.port}/`).catch((thrown: Error) => thrown);
    await arrived;

    await provider.close();

    expect(await asked).toBeInstanceOf(Error);
  });
});

describe('startPassThrough', () => {
  it('forwards bytes to the server behind it', async () => {
    const { allot } = await openLoopback();
    const provider = await provide(['127.0.0.1'], echo);
    const [address = ''] = allot(1);
    const door = await startPassThrough({ addresses: [address], to: { host: '127.0.0.1', port: provider.port } });
    open.push(door);

    const { statusCode } = await request(`http://${address}:${door.port}/through`);

    expect(statusCode).toBe(201);
    expect(provider.requests()).toMatchObject([{ path: '/through', headers: { host: `${address}:${door.port}` } }]);
  });

  it('breaks the connection when no server is behind it', async () => {
    const provider = await provide(['127.0.0.1'], echo);
    await provider.close();
    const door = await startPassThrough({ addresses: ['127.0.0.1'], to: { host: '127.0.0.1', port: provider.port } });
    open.push(door);

    await expect(request(`http://127.0.0.1:${door.port}/`)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
  });
});
