import { describe, expect, it } from '@jest/globals';
import { encodeMessage as encodeOfPlugin } from '#plugin/server/protocol/protobuf';
import {
  decodeMessage,
  encodeMessage,
  type Field,
  nestedOf,
  numberOf,
  textOf,
} from '#sandbox/plugin-server/protobuf-message';

// The first two are the examples of protobuf.dev/programming-guides/encoding.
const messages: readonly [string, readonly Field[], string][] = [
  ['a number of two bytes', [[1, 150]], '089601'],
  ['a text', [[2, 'testing']], '120774657374696e67'],
  ['a nested message', [[3, encodeMessage([[1, 150]])]], '1a03089601'],
  [
    'a number of one byte, and zero',
    [
      [1, 127],
      [2, 0],
    ],
    '087f1000',
  ],
  ['a field above 15', [[36, 1]], 'a00201'],
  ['the greatest number', [[1, Number.MAX_SAFE_INTEGER]], '08ffffffffffffff0f'],
  ['a text that is longer than 127 bytes', [[1, 'x'.repeat(200)]], `0ac801${'78'.repeat(200)}`],
  ['nothing', [], ''],
];

describe('encodeMessage', () => {
  it.each(messages)('writes %s', (_, fields, hex) => {
    expect(Buffer.from(encodeMessage(fields)).toString('hex')).toBe(hex);
  });

  it.each(messages)('writes %s as the plugin does', (_, fields) => {
    expect(encodeMessage(fields)).toEqual(encodeOfPlugin(fields));
  });
});

describe('decodeMessage', () => {
  it.each(messages)('reads %s', (_, fields, hex) => {
    const values = fields.map(([number, value]) => [number, [typeof value === 'number' ? value : Buffer.from(value)]]);

    expect([...decodeMessage(Buffer.from(hex, 'hex'))]).toEqual(values);
  });

  it('keeps every value of a field', () => {
    expect(nestedOf(decodeMessage(Buffer.from('0a01610a0162', 'hex')), 1).map(String)).toEqual(['a', 'b']);
  });

  it.each([
    ['a number that is cut short', '0896', 'a number is cut short'],
    ['a tag without value', '08', 'a number is cut short'],
    ['a text that is cut short', '120774', 'a field is longer than its message'],
    ['a number above 2^53', '08ffffffffffffff7f', 'a number is out of range'],
    ['a number without end', `08${'ff'.repeat(200)}01`, 'a number is out of range'],
    ['a field of 32 bits', '0d01000000', 'a field has the type 5'],
    ['the field 0', '0001', 'a field has the number 0'],
  ])('refuses %s', (_, hex, message) => {
    expect(() => decodeMessage(Buffer.from(hex, 'hex'))).toThrow(message);
  });
});

describe('numberOf, textOf', () => {
  it('return the default of proto3 for an absent field', () => {
    expect([numberOf(new Map(), 1), textOf(new Map(), 1)]).toEqual([0, '']);
  });

  it('refuse a value of the other kind', () => {
    expect(() => numberOf(new Map([[1, [Buffer.from('a')]]]), 1)).toThrow('field 1 is no number');
    expect(() => textOf(new Map([[1, [7]]]), 1)).toThrow('field 1 is a number');
  });
});
