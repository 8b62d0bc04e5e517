import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createFrameStream, frameOf } from '#sandbox/plugin-server/frame-stream';

const bytes = Buffer.concat(['first', '', 'x'.repeat(300)].map((text) => frameOf(Buffer.from(text))));

/** A socket in memory. Frames need only the stream part of a socket. */
function open() {
  const socket = new PassThrough();
  return { socket, ...createFrameStream(socket as unknown as Socket) };
}

describe('frameOf', () => {
  it('writes the length before the message, the lowest byte first', () => {
    expect(Buffer.from(frameOf(Buffer.alloc(258, 7))).subarray(0, 5)).toEqual(Buffer.from([2, 1, 0, 0, 7]));
  });
});

describe('createFrameStream', () => {
  it.each([1, 3, 4, 7, 1_000])('reads frames from chunks of %d bytes', async (size) => {
    const { socket, read } = open();

    for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size));

    expect(String(await read())).toBe('first');
    expect(String(await read())).toBe('');
    expect(String(await read())).toBe('x'.repeat(300));
  });

  it('waits for the end of a frame', async () => {
    const { socket, read } = open();
    socket.write(bytes.subarray(0, 6));

    const frame = read();
    socket.write(bytes.subarray(6, 9));

    expect(String(await frame)).toBe('first');
  });

  it('rejects when the connection closes inside a frame', async () => {
    const { socket, read } = open();
    socket.write(bytes.subarray(0, 6));

    const frame = read();
    socket.destroy();

    await expect(frame).rejects.toThrow('closed the connection');
  });
});
