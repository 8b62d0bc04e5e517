import type { Socket } from 'node:net';
import { createFrameReader } from '#plugin/server/protocol/frames';

export type FrameStream = {
  /** The next frame; rejects when the server closes the connection or gives none in time. */
  readonly read: () => Promise<Buffer>;
};

const readTimeoutMs = 10_000;

/** Reads the frames of ProtoBuf:1 one by one. */
export function createFrameStream(socket: Socket): FrameStream {
  const frames: Buffer[] = [];
  let isClosed = false;
  let wake = () => {};
  const reader = createFrameReader({
    isReady: () => true,
    take: (bytes, at, end) => frames.push(bytes.subarray(at, end)),
  });
  socket.on('data', (chunk) => {
    reader.push(chunk);
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
