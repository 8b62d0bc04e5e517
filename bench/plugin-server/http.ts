import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { listenTogether } from '#sandbox/network/loopback';
import type { Caller } from './callers';

export const host = '127.0.0.1';

/**
 * One kept connection, begun with a load balancer's header. One piece of data counts as a whole
 * answer, as it is here.
 */
export async function openHttpCaller(
  port: number,
  path: string,
  preamble: Uint8Array = Buffer.alloc(0),
): Promise<Caller> {
  const socket = connect(port, host);
  await once(socket, 'connect');
  socket.setNoDelay(true);
  socket.write(preamble);
  const asked = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: bench\r\n\r\n`);
  let ended: (isOk: boolean) => void = () => {};
  socket.on('data', (chunk) => ended(chunk.toString('latin1', 9, 12) === '200'));
  return {
    call: (done) => {
      ended = done;
      socket.write(asked);
    },
    close: () => socket.destroy(),
  };
}

/** Asks until Kong answers with 200. Throws when it does not for 10 s. */
export async function untilServed(port: number, path: string, preamble?: Uint8Array): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const caller = await openHttpCaller(port, path, preamble).catch(() => undefined);
    const isServed = caller && (await new Promise<boolean>((done) => caller.call(done)));
    caller?.close();
    if (isServed) return;
    await wait(50);
  }
  throw new Error(`Kong answered no request for ${path} with 200 within 10 s`);
}

export async function freePort(): Promise<number> {
  const { port, close } = await listenTogether([host], () => createServer());
  await close();
  return port;
}
