import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { printable, printableData, printableLines } from '#core/printable';
import { anyText } from '../../support/any-text';

const hostile = 'a\u001b[31mb\u009b2Jc\u202ed\u2066e\u200bf\u{e0041}g\u2028h\u007f';
const shown = 'a\\u001b[31mb\\u009b2Jc\\u202ed\\u2066e\\u200bf\\udb40\\udc41g\\u2028h\\u007f';
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it.each([
    ['escape codes, bidi controls and invisible characters', hostile, shown],
    [
      'characters that end or overwrite a line',
      'kong:a\r\nApplied all 3 changes\t',
      'kong:a\\r\\nApplied all 3 changes\\t',
    ],
    ['no character of normal text', '~/v1\\.0$ "é" 東京 شارع 🚀 {} %', '~/v1\\.0$ "é" 東京 شارع 🚀 {} %'],
  ])('fm-51 escapes %s', (_, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('fm-51 leaves one line without control characters, whatever the text', () => {
    fc.assert(fc.property(anyText(), (text) => !unprintable.test(printable(text))));
  });
});

describe('printableData', () => {
  it('fm-51 escapes each text at any depth, and nothing else', () => {
    expect(printableData({ a: [hostile, { b: '\n', c: 1, d: null, e: true }], f: undefined })).toEqual({
      a: [shown, { b: '\\n', c: 1, d: null, e: true }],
    });
  });
});

describe('printableLines', () => {
  it.each([true, false])(
    'fm-51 keeps lines and tabs, and escapes foreign control characters, on a terminal %s',
    (isTerminal) => {
      expect(printableLines(`one\n\t${hostile.replace('\u001b[31m', '\u001b[2J')}\r\n`, isTerminal)).toBe(
        `one\n\t${shown.replace('[31m', '[2J')}\\r\n`,
      );
    },
  );

  it('keeps colours and the return before progress for a terminal alone', () => {
    const text = '\r\u001b[1m\u001b[33mwarning\u001b[39m\u001b[22m';

    expect(printableLines(text, true)).toBe(text);
    expect(printableLines(text, false)).toBe('\\r\\u001b[1m\\u001b[33mwarning\\u001b[39m\\u001b[22m');
  });

  it.each([true, false])('fm-51 keeps the value of JSON, whatever its texts, on a terminal %s', (isTerminal) => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const line = printableLines(`${JSON.stringify({ text })}\n`, isTerminal);

        expect(JSON.parse(line)).toEqual({ text });
        expect(unprintable.test(line.trimEnd())).toBe(false);
      }),
    );
  });
});
