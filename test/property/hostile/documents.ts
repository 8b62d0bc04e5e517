import fc from 'fast-check';
import { digestOf } from '#core/json';
import { hostileText, oddly } from './corpus';

/** Texts that stand for a whole file or answer. */

const deep = 5_000;
const laughs = Array.from(
  { length: 12 },
  (_, index) =>
    `a${index}: &a${index} [${Array(12)
      .fill(index ? `*a${index - 1}` : 'x')
      .join()}]`,
);

const documents = [
  ...[
    '',
    ' ',
    '\u0000',
    '\ufeff',
    '\ufeff{}',
    'null',
    '7',
    '"x"',
    '[]',
    '{}',
    'NaN',
    '1e400',
    '-',
    '---',
    '---\n---\n',
    '...',
    '%YAML 9.9\n---\n{}',
  ],
  ...[
    '<html><body>login</body></html>',
    '\r\n\r\n',
    '{"a":1}{"b":2}',
    '{"a":1,"a":2}',
    'a: 1\na: 2\n',
    '{"__proto__":{"a":1}}',
  ],
  ...[
    '&a [*a]',
    'a: &a { b: *a }',
    '&a { <<: *a }',
    '*a',
    'a: *b',
    '<<: [1]',
    '? [a]\n: b',
    '!!js/function x',
    '!!binary x',
    '!!float x',
    '!<tag:x> y',
  ],
  ...[
    '"\ud800"',
    '"\\ud800"',
    "'",
    '"',
    '{',
    '[',
    '{"a":',
    '\t- a',
    'a: b: c',
    '- - - a',
    '|',
    '>+9\n x',
    'a: |\n\u0001',
    '\u{10ffff}',
    '\u0085',
    '\u2028a: 1',
  ],
  '['.repeat(deep),
  '{"a":'.repeat(deep),
  `${'['.repeat(deep)}${']'.repeat(deep)}`,
  '- '.repeat(deep),
  `a${': a'.repeat(500)}`,
  '? '.repeat(deep),
  `${laughs.join('\n')}\n`,
  'a'.repeat(deep),
];

/** The text with something odd in it, anywhere; seldom another one altogether. */
export function oddText(text: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: oddly(text).map((one) => (typeof one === 'string' ? one : (JSON.stringify(one) ?? ''))) },
    { weight: 1, arbitrary: fc.constantFrom(...documents) },
    { weight: 1, arbitrary: hostileText },
  );
}

/** A text of JSON in which something is odd: what it says, or how it is written. */
export function oddJson(value: unknown): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 2, arbitrary: oddly(value).map((one) => JSON.stringify(one) ?? '') },
    { weight: 1, arbitrary: oddText(JSON.stringify(value)) },
  );
}

/**
 * A file with a valid checksum over any content: a person with access to the folder can write one.
 */
export function oddlySealed(value: object): fc.Arbitrary<string> {
  const sealed = oddJson(value).map((text) => `{"checksum":"${digestOf(text)}",${text.slice(1)}`);
  return fc.oneof({ weight: 3, arbitrary: sealed }, { weight: 1, arbitrary: oddJson({ checksum: 'x', ...value }) });
}
