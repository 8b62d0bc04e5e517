import { describe, expect, it } from '@jest/globals';
import {
  endpointTlv,
  longestHeader,
  readProxyHeader,
  type Tlv,
  writeProxyHeader,
} from '#sandbox/network/proxy-protocol';

const source = { ip: '10.0.0.1', port: 40_000 };
const destination = { ip: '10.0.0.2', port: 8_443 };
const headerWith = (...tlvs: readonly Tlv[]) => writeProxyHeader({ source, destination, tlvs });
const aws = (text: string): Tlv => ({ type: 0xea, value: Buffer.from(text, 'latin1') });

/**
 * The header with some bytes replaced. Byte 13 has its version and command, byte 14 its family and
 * protocol.
 */
function changed(bytes: Buffer, over: Readonly<Record<number, number>>): Buffer {
  const copy = Buffer.from(bytes);
  for (const [at, byte] of Object.entries(over)) copy.writeUInt8(byte, Number(at));
  return copy;
}

describe('writeProxyHeader', () => {
  it('writes the header of a network load balancer: addresses, ports, and 0xEA with 0x01 before the id', () => {
    const header = writeProxyHeader({ source, destination, tlvs: [endpointTlv('vpce-0a')] });

    expect(header.toString('hex')).toBe(
      [
        ...['0d0a0d0a000d0a515549540a', '21', '11', '0017'],
        ...['0a000001', '0a000002', '9c40', '20fb', 'ea', '0008', '01', '767063652d3061'],
      ].join(''),
    );
  });

  it('writes IPv6 in full', () => {
    const ends = { source: { ip: '2001:db8::7:1', port: 1 }, destination: { ip: '::1', port: 2 } };

    const header = writeProxyHeader(ends).toString('hex');

    expect(header.slice(24)).toBe(
      ['21', '21', '0024', '20010db8000000000000000000070001', '00000000000000000000000000000001', '0001', '0002'].join(
        '',
      ),
    );
  });

  it.each([
    ['10.0.0.1', '::1'],
    ['sd1', 'sd2'],
  ])('refuses %s with %s', (one, other) => {
    expect(() => writeProxyHeader({ source: { ip: one, port: 1 }, destination: { ip: other, port: 2 } })).toThrow(
      RangeError,
    );
  });
});

describe('readProxyHeader', () => {
  const id = 'vpce-0f1e2d3c4b5a69788';
  const header = headerWith(endpointTlv(id));

  it.each<[string, Buffer, string | undefined]>([
    ['the id of an endpoint', header, `\x01${id}`],
    ['an empty value', headerWith(aws('')), ''],
    ['the first of two ids', headerWith(aws('\x01one'), aws('\x01two')), '\x01one'],
    ['an id behind other values', headerWith({ type: 0x04, value: Buffer.alloc(7) }, aws('\x01one')), '\x01one'],
    ['none in a header without an id', headerWith(), undefined],
    ['none behind a TLV that is longer than the header', changed(headerWith(aws('x')), { 29: 0xff }), undefined],
    ['none for the head of a TLV alone', changed(headerWith(aws('')).subarray(0, -1), { 15: 14 }), undefined],
    ['none for LOCAL', changed(header, { 12: 0x20 }), undefined],
    ['none for UDP', changed(header, { 13: 0x12 }), undefined],
    ['none for an unknown family', changed(header, { 13: 0x31 }), undefined],
    ['none for version 1', Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 40000 8443\r\n'), undefined],
    ['none for version 1 with IPv6', Buffer.from('PROXY TCP6 ::1 2001:db8::1 1 2\r\n'), undefined],
    ['none for version 1 with UNKNOWN', Buffer.from('PROXY UNKNOWN whatever\r\n'), undefined],
  ])('returns %s', (_, bytes, caller) => {
    const read = readProxyHeader(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')]));

    expect(read).toEqual({
      state: 'read',
      length: bytes.length,
      ...(caller !== undefined && { caller: Buffer.from(caller, 'latin1') }),
    });
  });

  it('accepts a header of 1 KB, and no longer one', () => {
    const fill = longestHeader - headerWith().length - 3;

    const [fits, tooLong] = [fill, fill + 1].map((count) =>
      readProxyHeader(headerWith({ type: 0x04, value: Buffer.alloc(count) })),
    );

    expect(fits).toMatchObject({ state: 'read', length: longestHeader });
    expect(tooLong).toMatchObject({ state: 'refused', reason: 'its header has 1025 bytes' });
  });

  it.each<[string, Buffer]>([
    ['no header', Buffer.from('GET / HTTP/1.1\r\n')],
    ['version 3', changed(header, { 12: 0x31 })],
    ['addresses of the wrong length', changed(header.subarray(0, 26), { 15: 10 })],
    ['a malformed line of version 1', Buffer.from('PROXY TCP4 10.0.0.1 nobody 1 2\r\n')],
    ['a line of version 1 with too large a port', Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 65536 2\r\n')],
    ['a line of version 1 without an end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(longestHeader)}`)],
  ])('refuses %s', (_, bytes) => {
    expect(readProxyHeader(bytes).state).toBe('refused');
  });

  it.each([
    ['version 2', header],
    ['version 1', Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 40000 8443\r\n')],
  ])('waits for the rest of a header of %s', (_, bytes) => {
    const states = Array.from(
      { length: bytes.length },
      (_, length) => readProxyHeader(bytes.subarray(0, length)).state,
    );

    expect(new Set(states)).toEqual(new Set(['incomplete']));
  });
});
