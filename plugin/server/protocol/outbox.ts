import type { Socket } from 'node:net';

/** Bytes that are collected for one write. */
export type Outbox = {
  readonly append: (bytes: Uint8Array) => void;
  /**
   * Ends the event: the empty frame, after which no calls follow, and RpcReturn with only its
   * number.
   */
  readonly appendEnd: (sequence: number) => void;
  readonly flush: () => void;
};

/** Enough for the calls of one event. */
const initialBytes = 4096;
/** Empty frame, header of RpcReturn, its tag, and a number of at most eight bytes. */
const endBytes = 4 + 4 + 1 + 8;
const sequenceTag = 8;

/**
 * Collects bytes for the socket. Its memory is reused as soon as the kernel has taken everything.
 */
export function createOutbox(socket: Socket): Outbox {
  let bytes = Buffer.allocUnsafeSlow(initialBytes);
  let length = 0;

  function reserve(more: number): void {
    if (length + more <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (length + more));
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  }

  function append(added: Uint8Array): void {
    reserve(added.length);
    bytes.set(added, length);
    length += added.length;
  }

  function appendEnd(sequence: number): void {
    reserve(endBytes);
    bytes.fill(0, length, length + 8);
    const header = length + 4;
    bytes[length + 8] = sequenceTag;
    length += 9;
    let rest = sequence;
    for (; rest > 127; rest = Math.floor(rest / 128)) {
      bytes[length] = (rest % 128) + 128;
      length += 1;
    }
    bytes[length] = rest;
    length += 1;
    bytes[header] = length - header - 4;
  }

  function flush(): void {
    if (length === 0) return;
    socket.write(bytes.subarray(0, length));
    length = 0;
    // The socket still reads the rest from this memory, when the kernel did not take everything at
    // once.
    if (socket.writableLength > 0) bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  return { append, appendEnd, flush };
}
