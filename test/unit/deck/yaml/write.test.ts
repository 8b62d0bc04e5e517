import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readYaml } from '#deck/yaml/read';
import { plainly, type YamlMapping } from '#deck/yaml/values';
import { writeYaml } from '#deck/yaml/write';
import { readAsDeck, trickyTexts } from '../../../support/deck-yaml';

describe('generated YAML', () => {
  it.each(trickyTexts)('fm-57 holds a text for every version of YAML: %j', (text) => {
    const file = { [text]: text, list: [text, [text], { [text]: [] }] };

    const written = writeYaml(file);

    expect(readAsDeck(written)).toEqual(file);
    expect(parse(written)).toEqual(file);
    expect(plainly(readYaml(written))).toEqual(file);
    expect(written.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uffff]/u);
  });

  it('fm-57 has a line for each differing field, and lists of numbers on one line', () => {
    const file = {
      a: [
        {
          b: [200, 302],
          c: [],
          d: {},
          e: [
            [1, 'f'],
            [null, true],
          ],
        },
      ],
      g: { h: -0.5 },
    };

    expect(writeYaml(file)).toBe(`"a":
- "b": [200, 302]
  "c": []
  "d": {}
  "e":
  - - 1
    - "f"
  - - null
    - true
"g":
  "h": -0.5
`);
  });

  it('fm-57 accepts keys of any length, and replaces half a character', () => {
    const file = { ['a'.repeat(5_000)]: '\ud800' };

    expect(readAsDeck(writeYaml(file))).toEqual({ ['a'.repeat(5_000)]: '\ufffd' });
  });
});

describe('a text with templates', () => {
  const rewrite = (text: string) => writeYaml(readYaml(text) as YamlMapping);

  it.each([
    ['plain', `"a": $\{{ env "DECK_X" }}`],
    ['with text around', `"a": b-$\{{ env "DECK_X" }}-c`],
    ['in single quotes', `"a": 'it''s $\{{ env "DECK_X" }}'`],
    ['in double quotes', `"a": "\\t$\{{ env "DECK_X" }}"`],
    ['a number', `"a": $\{{ env "DECK_X" | toInt }}`],
    ['with a tag', `"a": !!str $\{{ env "DECK_X" }}`],
    ['a list in brackets', `"a": [$\{{ env "DECK_X" }}, "b"]`],
    ['a list', `"a":\n- $\{{ env "DECK_X" }}\n- "b"`],
    ['a key', `"$\{{ env "DECK_X" }}": 1`],
    ['a block that indents', `"a":\n- "b": |-\n    $\{{ env "DECK_X" | indent 4 }}\n  "c": 1`],
    ['a folded block that keeps its end', `"a": >+\n  b $\{{ env "DECK_X" }}\n\n"c": 1`],
    ['a block with an indent of its own', `"a": |2-\n     b\n  $\{{ env "DECK_X" }}`],
    ['a block with a line that decK takes for a comment', `"a": |\n  # $\{{ env "DECK_X" }}\n  $\{{ env "DECK_X" }}`],
    ['a block with a line of spaces', `"a": |-\n  $\{{ env "DECK_X" }}\n    \n  b`],
    ['a text that decK does not take for a template', `"a": "\\x24{{ env \\"DECK_X\\" }}"`],
  ])('fm-58 stays byte for byte: %s', (_, text) => {
    expect(rewrite(`${text}\n`)).toBe(`${text}\n`);
  });

  it.each([
    ['in the same column', `a:\n  - b:\n      - |-\n          $\{{ env "DECK_X" | indent 10 }}\n`],
    [
      'in another column, where the own is taken',
      `a:\n - b:\n   - c:\n     - |-\n      $\{{ env "DECK_X" | indent 6 }}\n`,
    ],
    ['deeper, by an alias', `b: &b |-\n $\{{ env "DECK_X" | indent 1 }}\na:\n- c:\n    - d:\n        *b\n`],
    ['by a merge', `c: &c\n  b: |\n    $\{{ env "DECK_X" | indent 4 }}\na:\n- d:\n    e:\n      <<: *c\n`],
  ])('fm-58 keeps the value of a text whose lines decK indents, %s', (_, text) => {
    const env = { DECK_X: 'one\ntwo\n three' };

    expect(readAsDeck(rewrite(text), env)).toEqual(readAsDeck(text, env));
  });

  it('fm-58 keeps the lines of a text, wherever they begin', () => {
    const text = `a:\n    - b: 'one\n        $\{{ env "DECK_X" }}\n\n        three'\n`;

    expect(readAsDeck(rewrite(text), { DECK_X: 'two' })).toEqual({ a: [{ b: 'one two\nthree' }] });
  });

  it('fm-58 keeps a line of blanks that is longer than the column of its block', () => {
    const text = `a:\n- b: |-\n    $\{{ env "DECK_X" }}\n      \n \n    two\n`;

    expect(rewrite(text)).toBe(`"a":\n- "b": |-\n    $\{{ env "DECK_X" }}\n      \n\n    two\n`);
    expect(readAsDeck(rewrite(text), { DECK_X: 'one' })).toEqual({ a: [{ b: 'one\n  \n\ntwo' }] });
  });

  it('fm-58 ends where the file ended', () => {
    expect(rewrite(`a: |\n  $\{{ env "DECK_X" }}`)).toBe(`"a": |-\n  $\{{ env "DECK_X" }}\n`);
  });

  it('fm-51 is in double quotes if it cannot be written without escapes', () => {
    expect(rewrite(`a: b\u200b$\{{ env "DECK_X" }}\n`)).toBe(`"a": "b\\U0000200b$\{{ env "DECK_X" }}"\n`);
  });

  it('fm-58 is not read as a template by decK if it only looks like one', () => {
    const text = `a: |-\n  # $\{{ env "DECK_X" }}\n`;

    expect(readAsDeck(rewrite(text))).toEqual({ a: `# $\{{ env "DECK_X" }}` });
  });
});
