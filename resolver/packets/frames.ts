/** Messages over TCP: each follows its length in two bytes (RFC 1035, 4.2.2). */

const lengthBytes = 2;

export type TcpFrames = {
  readonly add: (chunk: Buffer) => void;
  /** The next whole message; undefined when it has not arrived yet. */
  readonly next: () => Buffer | undefined;
  /** The announced length of the arriving message; undefined when it has not arrived. */
  readonly announced: () => number | undefined;
};

/** Extracts messages from received bytes. */
export function createTcpFrames(): TcpFrames {
  let held: Buffer = Buffer.alloc(0);

  function announced(): number | undefined {
    return held.length < lengthBytes ? undefined : held.readUInt16BE(0);
  }

  function next(): Buffer | undefined {
    const length = announced();
    if (length === undefined || held.length < lengthBytes + length) return undefined;
    const message = held.subarray(lengthBytes, lengthBytes + length);
    held = held.subarray(lengthBytes + length);
    return message;
  }

  const add = (chunk: Buffer) => {
    held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
  };
  return { add, next, announced };
}

/** The message behind its length. */
export function tcpFrameOf(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(lengthBytes + message.length);
  frame.writeUInt16BE(message.length, 0);
  message.copy(frame, lengthBytes);
  return frame;
}
