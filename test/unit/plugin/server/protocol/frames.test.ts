import { describe, expect, it } from '@jest/globals';
import { createFrameReader, frameOf, maxFrameBytes } from '#plugin/server/protocol/frames';

const texts = ['first', '', 'the third'];
const stream = Buffer.concat(texts.map((text) => frameOf(Buffer.from(text))));

function open(isReady = () => true) {
  const taken: string[] = [];
  const take = (bytes: Buffer, at: number, end: number) => void taken.push(bytes.toString('utf8', at, end));
  return { taken, reader: createFrameReader({ isReady, take }) };
}

describe('createFrameReader', () => {
  it.each([1, 2, 3, 4, 5, 7, stream.length])('finds equal frames in chunks of %d bytes', (size) => {
    const { taken, reader } = open();

    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));

    expect(taken).toEqual(texts);
  });

  it('keeps frames while it is paused', () => {
    let isReady = false;
    const { taken, reader } = open(() => isReady);
    reader.push(stream);
    expect(taken).toEqual([]);

    isReady = true;
    reader.resume();

    expect(taken).toEqual(texts);
  });

  it('refuses a frame whose announced length is too long', () => {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(maxFrameBytes + 1);

    expect(() => open().reader.push(header)).toThrow(/a frame of 1048577 bytes/);
  });

  it('keeps at most one answer and one call', () => {
    const { reader } = open(() => false);
    const chunk = frameOf(Buffer.alloc(maxFrameBytes));
    reader.push(Buffer.from(chunk));
    reader.push(Buffer.from(chunk.subarray(0, maxFrameBytes - 100)));

    expect(() => reader.push(Buffer.from(chunk))).toThrow(/more arrived than/);
  });
});
