import type { Socket } from 'node:net';

/** Connections of Kong whose process is gone. */
export type Orphans = {
  readonly take: (sockets: Iterable<Socket>) => void;
  /** Ends them: a request that is under way on one is sent again. */
  readonly end: () => void;
};

/** Of a frame whose rest never comes. */
const firstByte = Buffer.of(0);

/**
 * Keeps connections until `end`. Kong sends the request of one that ends again, beginning with a new instance, on any other that it
 * keeps: were that about to end too, it would answer 500. So one byte makes nginx drop those that are not in use, while a request
 * waits for the rest.
 */
export function createOrphans(): Orphans {
  const orphans: Socket[] = [];

  function take(sockets: Iterable<Socket>): void {
    for (const socket of sockets) {
      socket.resume().write(firstByte);
      orphans.push(socket);
    }
  }

  function end(): void {
    for (const socket of orphans.splice(0)) socket.end();
  }

  return { take, end };
}
