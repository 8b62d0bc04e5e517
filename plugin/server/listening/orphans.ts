import type { Socket } from 'node:net';

/** Connections of Kong whose process has ended. */
export type Orphans = {
  readonly take: (sockets: Iterable<Socket>) => void;
  /** Ends the connections. Kong sends a running request again. */
  readonly end: () => void;
};

/** The first byte of a frame without the rest. */
const firstByte = Buffer.of(0);

/**
 * Keeps connections until `end`. When a connection ends, Kong sends its request again on any other
 * kept connection. If that one also ended, Kong would answer 500. So one byte goes out first: nginx
 * drops idle connections with unexpected data, while a running request waits for the rest of the
 * frame.
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
