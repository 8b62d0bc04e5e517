import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decode, encode } from '@msgpack/msgpack';
import { createWire, type Wire } from '#sandbox/plugin-server/wire';

type Message = readonly [type: 0, id: number, method: string, args: readonly unknown[]];
type Reply = (message: Message, socket: Socket) => void;

const answer = (id: number, error: unknown, result: unknown) => encode([1, id, error, result]);

let folder: string;
let server: Server;
let wire: Wire;
let sockets: Socket[];
let reply: Reply;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (chunk) => reply(decode(chunk) as Message, socket));
  });
  const path = join(folder, 'wire.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  wire = createWire(path);
});

afterEach(async () => {
  wire.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

describe('the wire to a plugin server', () => {
  it('writes the message of MsgPack:1 and returns the result', async () => {
    const received: Message[] = [];
    reply = (message, socket) => {
      received.push(message);
      socket.write(answer(message[1], null, { Id: 0 }));
    };

    expect(await wire.call('StartInstance', { Name: 'privatelink' })).toEqual({ Id: 0 });
    expect(received).toEqual([[0, 1, 'plugin.StartInstance', [{ Name: 'privatelink' }]]]);
  });

  it('uses one connection for successive calls, including refused calls', async () => {
    reply = ([, id], socket) => socket.write(answer(id, id % 2 ? 'no plugin instance #9' : null, 'ok'));

    await expect(wire.call('HandleEvent', {})).rejects.toThrow(/no plugin instance #9/);
    expect(await wire.call('HandleEvent', {})).toBe('ok');
    await expect(wire.call('HandleEvent', {})).rejects.toThrow(/no plugin instance #9/);
    expect(sockets).toHaveLength(1);
  });

  it('opens a connection for each overlapping call: two messages in one chunk kill the stock server', async () => {
    reply = ([, id, , [argument]], socket) => setImmediate(() => socket.write(answer(id, null, argument)));

    expect(await Promise.all([1, 2, 3].map((one) => wire.call('Step', one)))).toEqual([1, 2, 3]);
    expect(sockets).toHaveLength(3);
  });

  it('joins the pieces of an answer', async () => {
    reply = ([, id], socket) => {
      const bytes = answer(id, null, 'x'.repeat(200));
      socket.write(bytes.subarray(0, 5), () => setImmediate(() => socket.write(bytes.subarray(5))));
    };

    expect(await wire.call('Step', {})).toBe('x'.repeat(200));
  });

  it.each<[string, Reply]>([
    ['closes the connection', (_, socket) => socket.destroy()],
    ['answers another message', ([, id], socket) => socket.write(answer(id + 1, null, 'ok'))],
    ['answers without the fields of an answer', (_, socket) => socket.write(encode({ no: 'answer' }))],
    ['answers without MsgPack', (_, socket) => socket.write(Uint8Array.of(0xc1))],
  ])('rejects and goes on when the server %s', async (_, misbehave) => {
    reply = misbehave;
    await expect(wire.call('Step', {})).rejects.toThrow(/the plugin server/);

    reply = ([, id], socket) => socket.write(answer(id, null, 'ok'));
    expect(await wire.call('Step', {})).toBe('ok');
  });

  it('never waits on an idle connection that the server has closed', async () => {
    reply = ([, id], socket) => socket.write(answer(id, null, 'ok'));
    await wire.call('Step', {});
    const [idle] = sockets;
    await new Promise((resolve) => idle?.once('close', resolve).end());

    // The close may not have arrived here yet. Then the first call is still rejected, at once.
    expect(await wire.call('Step', {}).catch(() => wire.call('Step', {}))).toBe('ok');
    expect(sockets).toHaveLength(2);
  });
});
