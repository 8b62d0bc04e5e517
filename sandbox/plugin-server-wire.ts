import { connect, type Socket } from 'node:net';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '../core/errors';

/** Calls one method of a plugin server and gives its result; rejects with the server's words, or when it goes away. */
export type Call = (method: string, argument: unknown) => Promise<unknown>;

export type Wire = { readonly call: Call; readonly close: () => void };

const callTimeoutMs = 10_000;

/** Protocol MsgPack:1 as Kong 3.9 speaks it (kong/runloop/plugin_servers/rpc/mp_rpc.lua): one call at a time on a connection. */
export function createWire(socketPath: string): Wire {
  const idle: Socket[] = [];
  const open = new Set<Socket>();
  let messageId = 0;

  async function call(method: string, argument: unknown): Promise<unknown> {
    const socket = idle.pop() ?? connectTo(socketPath, open);
    messageId += 1;
    const result = await exchange(socket, [0, messageId, `plugin.${method}`, [argument]]);
    idle.push(socket);
    return result;
  }

  return {
    call,
    close: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

function connectTo(path: string, open: Set<Socket>): Socket {
  const socket = connect(path);
  open.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => open.delete(socket));
  return socket;
}

const answerSchema = z.tuple([z.literal(1), z.number(), z.unknown(), z.unknown()]);

/** Writes one message and reads its answer, which may come in pieces. */
function exchange(socket: Socket, message: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      act();
    };
    const fail = (words: string) =>
      settle(() =>
        reject(new PrivatelinkError(`the plugin server ${words}`, { code: 'UNREACHABLE', transient: true })),
      );
    const timer = setTimeout(() => fail(`did not answer ${message[2]} within ${callTimeoutMs} ms`), callTimeoutMs);
    const onClose = () => fail(`closed the connection during ${message[2]}`);
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const decoded = decodeWhole(received);
      if (decoded === undefined) return;
      const [, , error, result] = answerSchema.parse(decoded);
      if (error === null || error === undefined) settle(() => resolve(result));
      else fail(`refused ${message[2]}: ${messageOf(error)}`);
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(encode(message));
  });
}

/** The message, or undefined while a part of it is missing. */
function decodeWhole(bytes: Buffer): unknown {
  try {
    return decode(bytes);
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
