import { answer, record } from 'dns-packet';
import { doBit, headerBytes, types } from './numbers';
import type { Edns } from './query';

/**
 * The parts of dns-packet that its types leave out: encoding one record, and encoding only its
 * data.
 */
declare module 'dns-packet' {
  type Codec = { encode(data: unknown, buffer: Buffer, offset: number): Buffer; encodingLength(data: unknown): number };
  const answer: Codec;
  function record(type: string): Codec;
}

/**
 * Seconds. Kong sees a change this soon. With 0 Kong would forget the weights and ask for each
 * request.
 */
const ttlSeconds = 1;

/**
 * The place of a name in the question at the front of the message. Records point at it and share
 * its spelling.
 */
export type NameAt = number;

/** The name of the question. */
export const questionName: NameAt = headerBytes;

/** A record of that name. */
export function recordOf(
  type: Exclude<keyof typeof types, 'ANY' | 'AXFR' | 'IXFR' | 'OPT'>,
  data: unknown,
  name: NameAt = questionName,
): Buffer {
  const codec = record(type);
  const bytes = Buffer.alloc(10 + codec.encodingLength(data));
  bytes.writeUInt16BE(0xc000 | name, 0);
  bytes.writeUInt16BE(types[type], 2);
  bytes.writeUInt16BE(1, 4);
  bytes.writeUInt32BE(ttlSeconds, 6);
  codec.encode(data, bytes, 10);
  return bytes;
}

/** The EDNS record of an answer; `extended` holds the bits of its result above the lowest four. */
export function ednsRecord({ isDo }: Edns, size: number, extended: number): Buffer {
  const data = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: size,
    extendedRcode: extended,
    ednsVersion: 0,
    flags: isDo ? doBit : 0,
    options: [],
  };
  return answer.encode(data, Buffer.alloc(answer.encodingLength(data)), 0);
}
