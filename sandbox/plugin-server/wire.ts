import { connect, type Socket } from 'node:net';
import { decode, encode } from '@msgpack/msgpack';
import { z } from 'zod';
import { messageOf, PrivatelinkError } from '#core/errors';

/**
 * Calls one method of a plugin server and returns its result. Rejects with the server's words, or
 * when the server goes away.
 */
export type Call = (method: string, argument: unknown) => Promise<unknown>;

export type Wire = { readonly call: Call; readonly close: () => void };

const callTimeoutMs = 60_000;

/**
 * Protocol MsgPack:1 as Kong 3.9 speaks it (kong/runloop/plugin_servers/rpc/mp_rpc.lua): one call
 * at a time on a connection.
 */
export function createWire(socketPath: string): Wire {
  const idle = new Set<Socket>();
  const open = new Set<Socket>();
  let messageId = 0;

  function connectAnew(): Socket {
    const socket = connect(socketPath);
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      idle.delete(socket);
    });
    return socket;
  }

  async function call(method: string, argument: unknown): Promise<unknown> {
    const [socket = connectAnew()] = idle;
    idle.delete(socket);
    messageId += 1;
    const id = messageId;
    try {
      const answer = parseAnswer(await exchange(socket, [0, id, `plugin.${method}`, [argument]]), id);
      idle.add(socket);
      return resultOf(answer);
    } catch (thrown) {
      // Further bytes on a failed connection belong to no call. A connection of a refused call is
      // idle again.
      if (!idle.has(socket)) socket.destroy();
      throw wireError(method, thrown);
    }
  }

  return {
    call,
    close: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

type Answer = { readonly error: unknown; readonly result: unknown };

/** Kong too asserts that an answer carries the number of its message. */
function parseAnswer(message: unknown, messageId: number): Answer {
  const shape = z.tuple([z.literal(1), z.literal(messageId), z.unknown(), z.unknown()]);
  const parsed = shape.safeParse(message);
  if (!parsed.success) throw new Error('sent an invalid answer');
  const [, , error, result] = parsed.data;
  return { error, result };
}

function resultOf({ error, result }: Answer): unknown {
  if (error !== null && error !== undefined) throw new Error(`refused it: ${messageOf(error)}`);
  return result;
}

function wireError(method: string, cause: unknown): PrivatelinkError {
  return new PrivatelinkError(`plugin.${method}: the plugin server ${messageOf(cause)}`, {
    code: 'UNREACHABLE',
    fix: undefined,
    cause,
  });
}

/** Writes one message and reads the next, which may come in pieces. */
function exchange(socket: Socket, message: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      act();
    };
    const fail = (thrown: unknown) => settle(() => reject(thrown));
    const timer = setTimeout(() => fail(new Error(`did not answer within ${callTimeoutMs} ms`)), callTimeoutMs);
    const onClose = () => fail(new Error('closed the connection'));
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      try {
        const decoded = decode(received);
        settle(() => resolve(decoded));
      } catch (thrown) {
        if (!isIncomplete(thrown)) fail(thrown);
      }
    };
    socket.on('data', onData).on('close', onClose);
    socket.write(encode(message));
  });
}

/** The decoder reads past the end of a message of which a part is missing. */
function isIncomplete(thrown: unknown): boolean {
  return thrown instanceof RangeError && !thrown.message.startsWith('Extra');
}
