import { describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { isProblem } from '#core/errors';
import { parseYamlDocument } from '#core/yaml/parse';

const columns = (count: number) => Array.from({ length: count }, (_, index) => `${' '.repeat(index)}a:`).join('\n');

const forms: readonly (readonly [form: string, text: (levels: number) => string])[] = [
  ['lists that are never closed', (levels) => '['.repeat(levels)],
  ['lists', (levels) => `a: ${'['.repeat(levels)}${']'.repeat(levels)}`],
  ['mappings', (levels) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`],
  ['lists with quoted brackets that close nothing', (levels) => '["]", '.repeat(levels)],
  ['lists with brackets in comments that close nothing', (levels) => '[ # ]\n'.repeat(levels)],
  ['lists, one a line', (levels) => '[\n'.repeat(levels)],
  ['lists in a line', (levels) => `${'- '.repeat(levels)}a`],
  ['keys of keys', (levels) => `${'? '.repeat(levels)}a`],
  ['keys of keys that have anchors', (levels) => `${'&a ? '.repeat(levels)}a`],
  ['keys of keys that have tags', (levels) => `${'!a ? '.repeat(levels)}a`],
  ['mappings in a line', (levels) => `${'a: '.repeat(levels)}a`],
  ['mappings, two a line without a column more', (levels) => 'a: a:\n'.repeat(levels)],
  ['keys in mappings without a column more', (levels) => 'a: &a ?\n'.repeat(levels)],
  ['mappings without a column more, behind quotes', (levels) => '"b":1&a :\n'.repeat(levels)],
  ['keys in lines that have one', (levels) => "'c'-a:\n".repeat(levels)],
  ['mappings in a line, by carriage returns', (levels) => 'a:\r'.repeat(levels)],
  ['mappings, one a line', columns],
  [
    'lists below their keys',
    (levels) => `${Array.from({ length: levels }, (_, at) => `${' '.repeat(2 * at)}- a:`).join('\n')}`,
  ],
];

function whyTooDeep(text: string): string | undefined {
  const parsed = parseYamlDocument(text);
  return isProblem(parsed) ? parsed.reason : undefined;
}

describe('parseYamlDocument', () => {
  it.each(forms)('fm-45 refuses %s, however many', (_, text) => {
    for (const levels of [101, 1_000]) expect(whyTooDeep(text(levels))).toBe('is nested deeper than 100 levels');
  });

  it.each(forms)('accepts a few %s', (_, text) => {
    expect(whyTooDeep(text(20))).toBeUndefined();
  });

  it('accepts wide, long and bracketed documents', () => {
    const regex = { paths: Array.from({ length: 500 }, () => '~/a[^/]+[{"]'), text: `a\n${' '.repeat(300)}b\n` };

    expect(
      whyTooDeep(
        stringify({ regex, list: Array.from({ length: 500 }, () => [1, [2]]) }, { flowCollectionPadding: false }),
      ),
    ).toBeUndefined();
    expect(whyTooDeep('- { a: 1, b: "c: d" } # e: f\n'.repeat(5_000))).toBeUndefined();
    expect(whyTooDeep(`a: [\n${'[ 1, [ 2 ] ],\n'.repeat(5_000)}]`)).toBeUndefined();
  });
});
