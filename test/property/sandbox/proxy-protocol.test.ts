import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readProxyHeader, type Tlv, writeProxyHeader } from '#sandbox/network/proxy-protocol';

const port = fc.nat({ max: 65_535 });
const ends = fc.oneof(
  ...[fc.ipV4(), fc.ipV6()].map((ip) => fc.tuple(fc.record({ ip, port }), fc.record({ ip, port }))),
);
const bytes = fc.uint8Array({ maxLength: 60 });
const types = fc.oneof(fc.constant(0xea), fc.nat({ max: 255 }));
const tlv: fc.Arbitrary<Tlv> = fc.record({ type: types, value: bytes });
const header = fc
  .tuple(ends, fc.array(tlv, { maxLength: 8 }))
  .map(([[source, destination], tlvs]) => ({ tlvs, written: writeProxyHeader({ source, destination, tlvs }) }));

/** Bytes that are nearly a header: some of them replaced, cut, or with others behind. */
const odd = fc
  .tuple(header, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat(), bytes)
  .map(([{ written }, changes, cut, more]) => {
    const copy = Buffer.from(written);
    for (const [at, byte] of changes) copy.writeUInt8(byte, at % copy.length);
    return Buffer.concat([copy.subarray(0, cut % (copy.length + 1)), more]);
  });

describe('PROXY protocol', () => {
  it('reads its own header, for any bytes after the header', () => {
    fc.assert(
      fc.property(header, bytes, ({ tlvs, written }, more) => {
        const caller = tlvs.find(({ type }) => type === 0xea)?.value;

        expect(readProxyHeader(Buffer.concat([written, more]))).toEqual({
          ...{ state: 'read', length: written.length },
          ...(caller && { caller: Buffer.from(caller) }),
        });
      }),
    );
  });

  it('does not change its verdict when more bytes arrive', () => {
    fc.assert(
      fc.property(fc.oneof(odd, fc.uint8Array({ maxLength: 1_100 }).map(Buffer.from)), (all) => {
        let first: unknown;
        for (let length = 0; length <= all.length; length += 1) {
          const read = readProxyHeader(all.subarray(0, length));
          if (read.state === 'read') expect(read.length).toBeLessThanOrEqual(length);
          if (first !== undefined) expect(read).toEqual(first);
          else if (read.state !== 'incomplete') first = read;
        }
      }),
    );
  });
});
