import type { Socket } from 'node:net';

export type FrameStream = {
  /** The next frame; rejects when the server closes the connection or gives none in time. */
  readonly read: () => Promise<Buffer>;
};

const readTimeoutMs = 60_000;
const lengthBytes = 4;

/**
 * A frame of ProtoBuf:1: the length of the message in four bytes, the lowest first, then the
 * message.
 */
export function frameOf(message: Uint8Array): Uint8Array {
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32LE(message.length);
  return Buffer.concat([length, message]);
}

/**
 * Reads the frames of ProtoBuf:1 one by one. Written independently of the plugin's own reader, so
 * that both cannot share a mistake.
 */
export function createFrameStream(socket: Socket): FrameStream {
  const frames: Buffer[] = [];
  let isClosed = false;
  let wake = () => {};
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = takeFrames(rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk, frames);
    wake();
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isClosed = true;
    wake();
  });

  async function read(): Promise<Buffer> {
    const untilMs = performance.now() + readTimeoutMs;
    for (;;) {
      const frame = frames.shift();
      if (frame) return frame;
      if (isClosed) throw new Error('closed the connection');
      const restMs = untilMs - performance.now();
      if (restMs <= 0) throw new Error(`gave no answer within ${readTimeoutMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return { read };
}

/** Moves all whole frames into `frames`; gives the bytes behind them. */
function takeFrames(bytes: Buffer, frames: Buffer[]): Buffer {
  let at = 0;
  while (bytes.length - at >= lengthBytes) {
    const start = at + lengthBytes;
    const end = start + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    frames.push(bytes.subarray(start, end));
    at = end;
  }
  return bytes.subarray(at);
}
