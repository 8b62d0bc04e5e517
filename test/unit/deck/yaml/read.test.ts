import { describe, expect, it } from '@jest/globals';
import { readYaml } from '#deck/yaml/read';
import { plainly } from '#deck/yaml/values';

const read = (text: string) => plainly(readYaml(text));

describe('a scalar, as decK reads it', () => {
  it.each([
    ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
    ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map(
      (text) => [text, false] as const,
    ),
    ...['', '~', 'null', 'Null', 'NULL'].map((text) => [text, null] as const),
    ['1_000', 1_000],
    ['+1__0', 10],
    ['0b1_1', 3],
    ['-0b11', -3],
    ['0o17', 15],
    ['0O17', 15],
    ['017', 15],
    ['-017', -15],
    ['08', 8],
    ['00', 0],
    ['0x1F', 31],
    ['685_230.15', 685_230.15],
    ['1.', 1],
    ['.5', 0.5],
    ['.5_0', 0.5],
    ['-.5e-1', -0.05],
    ['1e3', 1_000],
    ['18446744073709551616', 2 ** 64],
    ['0xffffffffffffffff', 2 ** 64],
    ['-0x8000000000000000', -(2 ** 63)],
    ['0200000000000000000000000', 2e23],
  ])('fm-57 is a value: %s is %p', (text, value) => {
    expect(read(`a: ${text}`)).toEqual({ a: value });
  });

  it.each([
    ...[
      'yEs',
      'oN',
      'nULL',
      '12:30:45',
      '2001-12-14',
      '0b2',
      '0o8',
      '0x',
      '._5',
      '.5__0',
      '_1',
      '1e',
      '1.2.3',
      '=',
      '+',
    ],
    ...['0x1p3', '0b', 'a_1', '.'],
    ...['1e400', '-1e400', '.1e400', '0x1_0000_0000_0000_0000', '-0x8000000000000001'],
  ])('fm-57 is a text: %s', (text) => {
    expect(read(`a: ${text}\nb: [${text}]`)).toEqual({ a: text, b: [text] });
  });

  it.each([
    ['a', "a: 'off'"],
    ['a', 'a: "off"'],
    ['a', 'a: |-\n  off'],
    ['a', 'a: !!str off'],
    ['a', 'a: !other off'],
  ])('fm-57 is a text in quotes, in a block, or with a tag: %s of %j', (key, text) => {
    expect(read(text)).toEqual({ [key]: 'off' });
  });

  it('fm-57 ends with the file, if the file has no last line end', () => {
    expect(read('a: |\n  b')).toEqual({ a: 'b' });
    expect(read('a: |\n  b\n')).toEqual({ a: 'b\n' });
    expect(read(`a: |\n  # $\{{ env "DECK_X" }}`)).toEqual({ a: `# $\{{ env "DECK_X" }}` });
  });

  it('fm-57 follows its tag, or is refused', () => {
    expect(read('{ a: !!int "1_0", b: !!bool "on", c: !!float "1", d: !!null "" }')).toEqual({
      a: 10,
      b: true,
      c: 1,
      d: null,
    });
    expect(() => read('a: !!int b')).toThrow('!!int is none');
    expect(() => read('a: !!binary YQ==')).toThrow('!!binary');
    expect(() => read('a: .nan')).toThrow('decK takes no .nan');
  });

  it.each([
    ['a date', '!!timestamp 2001-12-14', '2001-12-14'],
    ['a set', '!!set { b, c }', { b: null, c: null }],
    ['a mapping with an order', '!!omap [b: 1]', [{ b: 1 }]],
    ['pairs', '!!pairs [b: 1]', [{ b: 1 }]],
  ])('fm-57 ignores the tag of %s, as decK does', (_, text, value) => {
    expect(read(`a: ${text}`)).toEqual({ a: value });
  });

  it('fm-57 is a text when it is a key', () => {
    expect(read('{ on: 1, 0x10: 2, 1.5: 5, "off": 3, __proto__: 4 }')).toEqual(
      Object.fromEntries([
        ['true', 1],
        ['16', 2],
        ['1.5', 5],
        ['off', 3],
        ['__proto__', 4],
      ]),
    );
    expect(() => read('{ 1.23456789: a }')).toThrow('put it in quotes');
    expect(() => read('{ ~: a }')).toThrow('put it in quotes');
    expect(() => read('? [a]\n: b')).toThrow('put it in quotes');
  });
});

describe('merge keys', () => {
  it.each([
    ['a later key overrides the merged value', 'c: { <<: *a, p: 9 }', { p: 9, q: 2 }],
    ['the merged value overrides an earlier key', 'c: { p: 9, <<: *a }', { p: 1, q: 2 }],
    ['the first of several overrides', 'c: { <<: [*b, *a] }', { p: 3, q: 2, r: 4 }],
    ['the second of two overrides', 'c: { <<: *b, r: 7, <<: *a }', { p: 1, q: 2, r: 7 }],
    ['a mapping without an anchor', 'c: { <<: { p: 5 } }', { p: 5 }],
    ['not in quotes', 'c: { "<<": 1 }', { '<<': 1 }],
    ['not with the tag of a text', 'c: { !!str <<: 1 }', { '<<': 1 }],
    ['with a tag of its own', 'c: { !!merge <<: *a }', { p: 1, q: 2 }],
  ])('fm-59 are resolved as decK does: %s', (_, text, merged) => {
    expect(read(`a: &a { p: 1, q: 2 }\nb: &b { p: 3, r: 4 }\n${text}`)).toMatchObject({ c: merged });
    expect(Object.keys(Object(read(`a: &a { p: 1, q: 2 }\nb: &b { p: 3, r: 4 }\n${text}`)).c).sort()).toEqual(
      Object.keys(merged).sort(),
    );
  });

  it('fm-59 are merged into merged values', () => {
    expect(read('a: &a { p: 1 }\nb: &b { <<: *a, q: 2 }\nc: { <<: *b }')).toMatchObject({ c: { p: 1, q: 2 } });
  });

  it.each(['c: { <<: 1 }', 'a: &a [1]\nc: { <<: *a }', 'c: { <<: *a }', 'a: &a { b: *a }'])(
    'fm-59 are refused where decK refuses them: %j',
    (text) => {
      expect(() => read(text)).toThrow(/names nothing|takes a mapping/);
    },
  );

  it('fm-59 may not expand a few lines to a million', () => {
    const levels = Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]`);

    expect(() => read(['a0: &a0 [b]', ...levels].join('\n'))).toThrow('fewer aliases');
  });
});

describe('templates', () => {
  const template = `$\{{ env "DECK_X" }}`;

  it.each([
    ['alone', `a: ${template}`, template],
    ['in single quotes', `a: 'b ${template}'`, `b ${template}`],
    ['in double quotes', `a: "b ${template}"`, `b ${template}`],
    ['in a flow mapping', `{ a: ${template} }`, template],
    ['with a function', `a: $\{{ env "DECK_X" | toInt }}`, `$\{{ env "DECK_X" | toInt }}`],
    ['with the end of a template in a text', `a: $\{{ "}}" }}`, `$\{{ "}}" }}`],
    ['with a text in backquotes', `a: "$\{{ env \`DECK_X\` }}"`, `$\{{ env \`DECK_X\` }}`],
    [
      'with characters',
      `a: "$\{{ printf "%c%c%c" 'x' '\\'' '\\u00e9' }}"`,
      `$\{{ printf "%c%c%c" 'x' '\\'' '\\u00e9' }}`,
    ],
    ['that is a comment', `a: b$\{{/* it's } */}}c`, `b$\{{/* it's } */}}c`],
    [
      'with a condition in it',
      `a: $\{{ if true }}b$\{{ else }}c$\{{ end }}`,
      `$\{{ if true }}b$\{{ else }}c$\{{ end }}`,
    ],
    ['of several lines', `a: $\{{ env\n  "DECK_X" }}\nb: 1`, `$\{{ env\n  "DECK_X" }}`],
    ['in a block', `a: |-\n  b\n  ${template}`, `b\n${template}`],
    ['in a line of a text that decK takes for a comment', `a: |-\n  # ${template}`, `# ${template}`],
    ['with Windows lines', `a: ${template}\r\nb: c`, template],
  ])('fm-58 are texts: %s', (_, text, value) => {
    expect(read(text)).toMatchObject({ a: value });
  });

  it('fm-58 are keys', () => {
    expect(read(`${template}: 1`)).toEqual({ [template]: 1 });
  });

  it.each([
    ['does not end', `a: 1\nb: $\{{ env "DECK_X"`, 'the template in line 2 has no end'],
    [
      'has quotes that YAML escapes',
      `a: 1\nb: "$\{{ env \\"DECK_X\\" }}"`,
      'line 2 is none that decK reads; write texts',
    ],
    ['has a text in single quotes', `a: "$\{{ env 'DECK_X' }}"`, 'line 1 is none that decK reads; write texts'],
    [
      'decides the content of the file',
      `a: 1\n$\{{ if true }}\nb: 2\n$\{{ end }}`,
      'a template decides the content of the file',
    ],
    ['decides the end of a line', `a: 1\n  $\{{ if true }}\nb: 2`, 'a template decides the content of the file'],
    ['hides behind a control character', `a: \uffff0\uffff $\{{ env "DECK_X" }}`, 'a control character in line 1'],
  ])('fm-58 are refused where one %s', (_, text, said) => {
    expect(() => read(text)).toThrow(said);
  });
});

describe('a refused file', () => {
  it.each([
    ['a key twice', 'a: 1\nb: 2\na: 3', 'line 3: a key appears twice'],
    ['a key twice, as decK reads them', 'on: 1\ntrue: 2', 'line 2: a key appears twice'],
    [
      'a key that would be a template',
      'a: 1\n"\\x24{{ env `DECK_X` }}": 2',
      'line 2: a key looks like a template but is none',
    ],
    ['an alias of nothing', 'a:\n  - b\n  - *c', 'line 3: an alias names nothing'],
    ['a merge of a text', 'a: 1\n<<: b', 'line 2: << takes a mapping'],
    ['a tag that its text is not', 'a:\n  - !!bool b', 'line 2: !!bool is none'],
    ['half a character', 'a: "\\ud800"', 'line 1: half a character'],
    ['no character', `a: 1\nb: "\\uffff0\\uffff"\nc: $\{{ env "DECK_X" }}`, 'line 2: no character'],
    ['a line end that only decK sees', '# a\u2028b: 1', 'an end of line that only some YAML sees in line 1'],
    ['another', 'a: 1\nb: "c\u0085d"', 'an end of line that only some YAML sees in line 2'],
    ['a second document', 'a: 1\n---\nb: 2', 'multiple documents'],
  ])('fm-59 is reported with its line: %s', (_, text, said) => {
    expect(() => read(text)).toThrow(said);
  });

  it('fm-45 may have aliases that nest too deep', () => {
    const levels = Array.from({ length: 120 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}]`);

    expect(() => read(['a0: &a0 b', ...levels].join('\n'))).toThrow('is nested deeper than 100 levels');
  });
});
