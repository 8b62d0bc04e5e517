import { describe, expect, it } from '@jest/globals';
import { encodeMessage, type Field, readText, readVarint, skipField, varintOf } from '#plugin/server/protocol/protobuf';

function cursorOf(...bytes: readonly number[]) {
  return { bytes: Buffer.from(bytes), at: 0, end: bytes.length };
}

describe('varints', () => {
  it.each([
    [0, [0]],
    [127, [127]],
    [128, [128, 1]],
    [300, [172, 2]],
    [2 ** 31, [128, 128, 128, 128, 8]],
    [Number.MAX_SAFE_INTEGER, [255, 255, 255, 255, 255, 255, 255, 15]],
  ])('writes %d and reads it again', (value, bytes) => {
    expect(varintOf(value)).toEqual(bytes);
    expect(readVarint(cursorOf(...bytes))).toBe(value);
  });

  it.each([
    ['nothing', [], /cut short/],
    ['a varint that goes on past the end', [128], /cut short/],
    ['a varint above 2^53', [255, 255, 255, 255, 255, 255, 255, 16], /out of range/],
    ['a varint that never ends', Array(20).fill(128), /out of range/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readVarint(cursorOf(...bytes))).toThrow(message);
  });
});

describe('messages', () => {
  it.each<[string, readonly Field[], readonly number[]]>([
    ['a number', [[1, 150]], [8, 150, 1]],
    ['a text', [[2, 'ab']], [18, 2, 97, 98]],
    ['a field above 15', [[36, Uint8Array.of(7)]], [162, 2, 1, 7]],
  ])('writes %s', (_, fields, bytes) => {
    expect([...encodeMessage(fields)]).toEqual(bytes);
  });

  it('refuses a text longer than its message', () => {
    expect(() => readText(cursorOf(3, 97, 98))).toThrow(/longer than its message/);
  });

  it.each([
    ['a number of 64 bits', 0, [...Array(9).fill(255), 1]],
    ['eight bytes', 1, Array(8).fill(1)],
    ['bytes', 2, [2, 1, 1]],
    ['four bytes', 5, Array(4).fill(1)],
  ])('skips %s', (_, tag, bytes) => {
    const cursor = cursorOf(...bytes);

    skipField(cursor, tag);

    expect(cursor.at).toBe(bytes.length);
  });

  it.each([1, 2, 3, 5, 7])('refuses a field of type %d that is cut short or unknown', (type) => {
    expect(() => skipField(cursorOf(9), type)).toThrow(RangeError);
  });
});
