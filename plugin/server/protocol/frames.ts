/** Frames of ProtoBuf:1: a length of four bytes, the lowest first, and as many bytes. */

/** Far above any plugin configuration. A peer that announces more does not speak this protocol. */
export const maxFrameBytes = 1024 * 1024;
const headerBytes = 4;

/** The frame of a message. */
export function frameOf(message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(message.length);
  return Buffer.concat([header, message]);
}

export type FrameReader = {
  /** Takes received bytes. Throws RangeError when a frame announces too many bytes. */
  readonly push: (chunk: Buffer) => void;
  /** Continues after `isReady` returned false. */
  readonly resume: () => void;
};

export type FrameTaker = {
  /** Asked before each frame. */
  readonly isReady: () => boolean;
  /** Called with the place of each frame in bytes that the reader may not keep. */
  readonly take: (bytes: Buffer, at: number, end: number) => void;
};

/**
 * Finds frames in chunks with several frames or parts of frames. Copies only frames that span
 * several chunks.
 */
export function createFrameReader({ isReady, take }: FrameTaker): FrameReader {
  let chunks: Buffer[] = [];
  let heldBytes = 0;
  /** Body length of the frame whose header was read; -1 before its header. */
  let bodyBytes = -1;

  function push(chunk: Buffer): void {
    if (heldBytes === 0) {
      readFrom(chunk);
      return;
    }
    heldBytes += chunk.length;
    if (heldBytes > 2 * maxFrameBytes) throw new RangeError('more arrived than one answer and one call');
    chunks.push(chunk);
    resume();
  }

  function resume(): void {
    if (heldBytes > 0 && heldBytes >= neededBytes()) readFrom(Buffer.concat(chunks));
  }

  function readFrom(bytes: Buffer): void {
    const at = takeFrames(bytes);
    heldBytes = bytes.length - at;
    chunks = heldBytes > 0 ? [bytes.subarray(at)] : [];
  }

  function takeFrames(bytes: Buffer): number {
    let at = 0;
    while (bytes.length - at >= neededBytes() && (bodyBytes < 0 || isReady())) {
      if (bodyBytes < 0) {
        bodyBytes = readLength(bytes, at);
        at += headerBytes;
      } else {
        const start = at;
        at += bodyBytes;
        bodyBytes = -1;
        take(bytes, start, at);
      }
    }
    return at;
  }

  function neededBytes(): number {
    return bodyBytes < 0 ? headerBytes : bodyBytes;
  }

  return { push, resume };
}

function readLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at);
  if (length > maxFrameBytes) throw new RangeError(`a frame of ${length} bytes, more than ${maxFrameBytes}`);
  return length;
}
