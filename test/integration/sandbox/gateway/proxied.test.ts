import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { plainCallers } from '#sandbox/gateway/callers/runner';
import { startPassThrough } from '#sandbox/network/pass-through';
import type { Provider } from '#sandbox/network/providers';
import { endpointTlv, writeProxyHeader } from '#sandbox/network/proxy-protocol';
import { addressOf, type GatewayStage, startGatewayStage } from '../../../support/kong/gateway';
import { patienceMs } from '../../../support/until';

const endpointId = 'vpce-0f1e2d3c4b5a69788';
const ends = { source: { ip: '127.0.0.1', port: 40_000 }, destination: { ip: '127.0.0.1', port: 8_000 } };
const header = writeProxyHeader({ ...ends, tlvs: [endpointTlv(endpointId)] });
const asking = Buffer.from('GET /sd2/orders HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n');
const tooLong = Buffer.concat([
  writeProxyHeader({ ...ends, tlvs: [{ type: 0x04, value: Buffer.alloc(1_000) }, endpointTlv(endpointId)] }),
  asking,
]);

describe("the gateway's port for a load balancer", () => {
  let stage: GatewayStage;
  let provider: Provider;

  beforeAll(async () => {
    stage = await startGatewayStage({ callers: plainCallers });
    provider = await stage.provide();
    const { service } = stage.seedDomain([addressOf(provider)]);
    stage.seed('plugins', {
      ...{ name: 'privatelink-callers', service: { id: service } },
      config: {
        domain: 'sd2',
        mode: 'enforce',
        on_missing: 'allow',
        callers: `sd1 111111111111 ${endpointId}`,
        others: '',
      },
    });
    await stage.settle();
  });

  afterAll(() => stage.close());

  async function send(write: (socket: Socket) => unknown): Promise<string> {
    const socket = connect({ port: stage.gateway.proxiedPort, host: stage.gateway.host });
    socket.on('error', () => undefined).setTimeout(patienceMs, () => socket.destroy());
    await once(socket, 'connect');
    const answer = text(socket).catch(() => 'broken');
    write(socket);
    return answer;
  }

  /** The plugin's request headers for a known caller. */
  const lastIdentity = () => {
    const { headers } = provider.requests().at(-1) ?? {};
    return [headers?.['x-privatelink-consumer'], headers?.['x-privatelink-endpoint']];
  };

  it.each<[string, Buffer, readonly (string | undefined)[]]>([
    ['a header with the id of an endpoint', header, ['sd1', endpointId]],
    ['a header without', writeProxyHeader(ends), [undefined, undefined]],
    [
      'LOCAL',
      Buffer.concat([header.subarray(0, 12), Buffer.from([0x20]), header.subarray(13)]),
      [undefined, undefined],
    ],
    ['version 1', Buffer.from('PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n'), [undefined, undefined]],
  ])('serves a request behind %s', async (_, bytes, identity) => {
    const answer = await send((socket) => socket.write(Buffer.concat([bytes, asking])));

    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(lastIdentity()).toEqual(identity);
  });

  it('accepts a header and a request in pieces', async () => {
    const answer = await send(async (socket) => {
      for (const byte of Buffer.concat([header, asking])) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });

    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(lastIdentity()).toEqual(['sd1', endpointId]);
  });

  it('serves successive requests on a connection, each with the id of its header', async () => {
    const keeping = Buffer.from('GET /sd2/orders HTTP/1.1\r\nHost: gateway\r\n\r\n');

    const answer = await send((socket) => socket.write(Buffer.concat([header, keeping, keeping, asking])));

    expect(answer.match(/HTTP\/1.1 200 /g)).toHaveLength(3);
    expect(lastIdentity()).toEqual(['sd1', endpointId]);
  });

  it.each<[string, (socket: Socket) => unknown]>([
    ['without a header', (socket) => socket.write(asking)],
    ['whose header is cut', (socket) => socket.end(header.subarray(0, -1))],
    ['whose header is over 1 KB', (socket) => socket.write(tooLong)],
    ['that ends before its header', (socket) => socket.end()],
  ])('closes a connection %s, and calls no provider', async (_, write) => {
    const before = provider.requests().length;

    expect(await send(write)).toBe('');
    expect(provider.requests()).toHaveLength(before);
  });

  describe('behind an endpoint', () => {
    async function throughDoor(id: string, isOpen = () => true) {
      const to = { host: stage.gateway.host, port: stage.gateway.proxiedPort };
      const door = await startPassThrough({ addresses: ['127.0.0.1'], to, endpointId: id, isOpen });
      try {
        const { statusCode, body } = await request(`http://127.0.0.1:${door.port}/sd2/orders`, { reset: true });
        return { status: statusCode, body: await body.json() };
      } finally {
        await door.close();
      }
    }

    it('gets the id from the load balancer', async () => {
      expect((await throughDoor(endpointId)).status).toBe(200);
      expect(lastIdentity()).toEqual(['sd1', endpointId]);
    });

    it('refuses a caller that is not in the table, and records it in its hop', async () => {
      const before = provider.requests().length;

      expect(await throughDoor('vpce-0bad')).toEqual({ status: 403, body: { message: expect.any(String) } });
      expect(provider.requests()).toHaveLength(before);
      expect(stage.hops.at(-1)).toMatchObject({ service: 'sd2', status: 403, tries: 0, problem: expect.any(String) });
    });

    it('is not reached before the connection is accepted', async () => {
      const before = stage.hops.length;

      await expect(throughDoor(endpointId, () => false)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
      expect(stage.hops).toHaveLength(before);
    });
  });

  it('identifies no caller at its plain port', async () => {
    expect((await stage.ask('/sd2/orders')).status).toBe(200);
    expect(lastIdentity()).toEqual([undefined, undefined]);
  });
});
