import { describe, expect, it } from '@jest/globals';
import { encode } from 'dns-packet';
import fc from 'fast-check';
import { limitOf, readQuery } from '#resolver/packets/query';
import { messageOf, nameOf, queryOf } from '../../../support/network/dns';

function faultOf(bytes: Buffer): string | undefined {
  const read = readQuery(bytes);
  return read && 'fault' in read ? read.fault : undefined;
}

describe('readQuery', () => {
  it('reads the question in lowercase, and keeps its spelling', () => {
    const bytes = encode({
      type: 'query',
      id: 7,
      flags: 0x100,
      questions: [{ type: 'SRV', name: 'Sd2.PRIVATELINK.internal' }],
    });

    const read = readQuery(bytes);

    expect(read).toMatchObject({ id: 7, flags: 0x100, labels: ['sd2', 'privatelink', 'internal'], type: 33 });
    expect(read?.question.toString('latin1')).toContain('PRIVATELINK');
  });

  it('keeps each byte of a label, even a dot', () => {
    const name = Buffer.concat([
      nameOf('sd2.privatelink').subarray(0, 0),
      Buffer.from('\x0fsd2.privatelink\x08internal\0', 'latin1'),
    ]);

    expect(readQuery(messageOf({ name }))).toMatchObject({ labels: ['sd2.privatelink', 'internal'] });
  });

  it('reads the size that the client accepts', () => {
    const read = readQuery(queryOf('sd2.privatelink.internal', 'SRV', { size: 4_096, isDo: true }));

    expect(read).toMatchObject({ edns: { size: 4_096, isDo: true } });
  });

  it.each([
    ['is shorter than a header', Buffer.alloc(11)],
    ['is an answer', messageOf({ flags: 0x8100 })],
    ['is empty', Buffer.alloc(0)],
  ])('returns no answer to a message that %s', (_, bytes) => {
    expect(readQuery(bytes)).toBeUndefined();
  });

  const long = 'a'.repeat(63);
  it.each([
    ['NOTIMP', 'an update', messageOf({ flags: 5 << 11 })],
    ['FORMERR', 'two questions', messageOf({ counts: [2, 0, 0, 0] })],
    ['FORMERR', 'no question', messageOf({ counts: [0, 0, 0, 0] })],
    ['FORMERR', 'a name without end', messageOf({ name: Buffer.from('\x03sd2', 'latin1'), tail: Buffer.alloc(0) })],
    ['FORMERR', 'a name that points elsewhere', messageOf({ name: Buffer.from([0xc0, 12]) })],
    [
      'FORMERR',
      'a label of 64 bytes',
      messageOf({ name: Buffer.concat([Buffer.from([64]), Buffer.alloc(64, 97), Buffer.from([0])]) }),
    ],
    [
      'FORMERR',
      'a name of 256 bytes',
      messageOf({ name: nameOf(`${[long, long, long].join('.')}.${'b'.repeat(62)}`) }),
    ],
    ['FORMERR', 'fewer records than it says', messageOf({ counts: [1, 0, 0, 1] })],
    ['FORMERR', 'more bytes than it says', messageOf({ more: Buffer.from([0]) })],
    ['FORMERR', 'EDNS said twice', queryOf('sd2.privatelink.internal', 'SRV', { size: 512 }, 2)],
    ['BADVERS', 'EDNS of a later version', queryOf('sd2.privatelink.internal', 'SRV', { size: 512, version: 1 })],
    ['REFUSED', 'the class CH', messageOf({ class: 3 })],
    ['REFUSED', 'the class ANY', messageOf({ class: 255 })],
  ])('answers %s to %s', (fault, _, bytes) => {
    expect(faultOf(bytes)).toBe(fault);
  });

  it.each([
    ['points at itself', Buffer.from([0xc0, 41])],
    ['points at the bytes behind it', Buffer.from([0xc0, 200])],
    ['jumps after a label', Buffer.from([1, 97, 0xc0, 12])],
  ])('skips a record whose name %s, without following it', (_, name) => {
    const more = Buffer.concat([name, Buffer.from([0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 255])]);

    expect(readQuery(messageOf({ counts: [1, 0, 0, 1], more }))).toMatchObject({ type: 33 });
  });

  it.each([
    ['a name that does not end', Buffer.alloc(300, 1)],
    ['a label of an unknown type', Buffer.from([0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])],
    ['a name of EDNS', Buffer.from([1, 97, 0, 0, 41, 2, 0, 0, 0, 0, 0, 0, 0])],
    ['truncated data', Buffer.from([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 9, 1])],
  ])('answers FORMERR to a record with %s', (_, more) => {
    expect(faultOf(messageOf({ counts: [1, 0, 0, 1], more }))).toBe('FORMERR');
  });

  it('accepts a name of 255 bytes with labels of 63', () => {
    const labels = [long, long, long, 'b'.repeat(61)];

    expect(readQuery(messageOf({ name: nameOf(labels.join('.')) }))).toMatchObject({ labels });
  });

  it('never throws', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 600 }),
      fc.tuple(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 60 })).map(([noise, at]) => {
        const whole = Uint8Array.from(queryOf('sd2.privatelink.internal', 'SRV', { size: 1_232 }));
        whole.set(noise.slice(0, Math.max(0, whole.length - at)), Math.min(at, whole.length));
        return whole;
      }),
    );

    fc.assert(
      fc.property(bytes, (one) => {
        const read = readQuery(Buffer.from(one));
        if (read) expect(read.question.length).toBeLessThanOrEqual(one.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('limitOf', () => {
  const asked = { id: 1, flags: 0, question: Buffer.alloc(0) };

  it.each([
    [undefined, 'udp', 512],
    [100, 'udp', 512],
    [900, 'udp', 900],
    [4_096, 'udp', 1_232],
    [undefined, 'tcp', 65_535],
  ] as const)('is for a client that accepts %s by %s: %i', (size, transport, limit) => {
    const edns = size === undefined ? undefined : { size, isDo: false };

    expect(limitOf({ ...asked, edns }, transport)).toBe(limit);
  });
});
