import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { hasCode, PrivatelinkError } from '#core/errors';

/** Hands out loopback addresses for the network interfaces of endpoints. */
export type Loopback = {
  /**
   * Whether each interface has its own address. Otherwise all are 127.0.0.1, and endpoints differ
   * by port only.
   */
  readonly isDistinct: boolean;
  /**
   * Returns addresses for the interfaces of one more endpoint: `count` distinct ones, or the only
   * one.
   */
  readonly allot: (count: number) => readonly string[];
};

export type Listening = { readonly port: number; readonly close: () => Promise<void> };

/** Linux answers on all of 127.0.0.0/8, macOS on 127.0.0.1 only. */
const probeAddress = '127.20.0.1';

const firstInterface = 11;
const portAttempts = 10;

/** Finds out which loopback addresses this machine has. */
export async function openLoopback(): Promise<Loopback> {
  const isDistinct = await canListenOn(probeAddress);
  let endpoints = 0;
  function allot(count: number): readonly string[] {
    endpoints += 1;
    if (!isDistinct) return ['127.0.0.1'];
    // 127.20.1.11 to 127.20.254.254, then 127.21.1.11 and so on.
    const network = `127.${20 + Math.floor((endpoints - 1) / 254)}.${1 + ((endpoints - 1) % 254)}`;
    return Array.from({ length: count }, (_, index) => `${network}.${firstInterface + index}`);
  }
  return { isDistinct, allot };
}

async function canListenOn(address: string): Promise<boolean> {
  try {
    const listening = await listenTogether([address], () => createServer());
    await listening.close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts one server per address, all on the same port: `port`, or a port free on all of them.
 * Closing breaks every connection at once. Throws PrivatelinkError for an address outside loopback,
 * and the errors of `listen`.
 */
export async function listenTogether(
  addresses: readonly string[],
  serverFor: (address: string) => Server,
  port = 0,
): Promise<Listening> {
  addresses.forEach(requireLoopback);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listenOnce(addresses, serverFor, port);
    } catch (thrown) {
      const mayHaveLuck = port === 0 && isTaken(thrown) && attempt < portAttempts;
      if (!mayHaveLuck) throw thrown;
    }
  }
}

async function listenOnce(
  addresses: readonly string[],
  serverFor: (address: string) => Server,
  wanted: number,
): Promise<Listening> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => void (await Promise.all(closers.map((one) => one())));
  let port = wanted;
  try {
    for (const address of addresses) {
      const server = serverFor(address);
      closers.push(closerOf(server));
      port = await listen(server, address, port);
    }
    return { port, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function closerOf(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}

/** Whether listening failed because somebody else listens there. */
export function isTaken(thrown: unknown): boolean {
  return hasCode(thrown, 'EADDRINUSE');
}

function requireLoopback(address: string): void {
  if (address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)) return;
  throw new PrivatelinkError(`the sandbox listens on loopback only, not on ${address}`, {
    code: 'CONFIG_INVALID',
    fix: 'use an address in 127.0.0.0/8',
  });
}
