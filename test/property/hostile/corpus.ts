import fc from 'fast-check';
import { type Mutation, mutate, mutations } from './mutations';

/**
 * Texts and values of strangers, in one place for every edge: values of any shape, and answers with
 * an odd part.
 */

const nested = (depth: number) => `${'['.repeat(depth)}1${']'.repeat(depth)}`;

/** Texts with a meaning to some layer. */
const meaningful = [
  ...[
    '',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\u0000',
    '\ufeff',
    'x\r\nHost: y',
    'a\nApplied all 9 changes',
    '\u001b[2J\u001b[31m',
  ],
  ...['\u009b2J', '\u202eabc', '\u2066x', 'a\u200bb', '\u2028', '\u{e0041}', '\ud800', 'x\udc00y', '\u007f', '\ufffe'],
  ...['a,b', 'a/b', '//x', '../..', '/../x', '/./', '/a//b', '%2e%2e%2f', '%00', '%zz', '/a?b#c', '/a b', '~/(', '/ü'],
  ...[
    `$\{{ env "DECK_KONNECT_TOKEN" }}`,
    `$\{{env 'X'}}`,
    `$\{HOME}`,
    '${',
    '{{ x }}',
    '`id`',
    '$(id)',
    '{vault://env/x}',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'then',
    'length',
    'toJSON',
    'fix',
  ],
  ...['0', '-0', '1e400', '0x10', '0o17', '1_000', '12:30:45', '65535', '65536', '70000', '-1', '1.5', '٣', '９'],
  ...['9007199254740993', '1e3', 'NaN', 'Infinity', 'null', 'true', 'no', '~', '2001-01-01', '=', '<<', '!!js x'],
  ...[
    '*a',
    '&a',
    '- a',
    'a: b',
    '# a',
    '| ',
    '> ',
    '%',
    '@',
    '"',
    "'",
    '"x',
    "x'",
    '\\',
    '\\u0000',
    '{',
    '[',
    ']',
    '}',
  ],
  ...['(a+)+$', '.*', '[', '(?<x', '^$', 'a|b', '🚀', '👩‍👩‍👧', 'pаypal', 'İ', 'ß', 'ﬀ', 'e\u0301', 'ﷺ', '東京'],
  ...['owner:other', 'scope:a.b.c', 'config:0', 'account:1', 'kong-privatelink', 'kong-privatelink:base', 'vpce-0a1'],
  ...['10.0.0.300', '010.0.0.1', '1.2.3', '1.2.3.4.5', '127.0.0.1', '0.0.0.0', '169.254.169.254', '224.0.0.1', '::'],
  ...[
    '::1',
    '[::1]',
    'fe80::1%eth0',
    'fd00:ec2::254',
    '::ffff:169.254.170.2',
    '64:ff9b::7f00:1',
    '203.0.113.7',
    '1:2:3',
  ],
  ...[
    '10.0.0.1:80',
    'a.b:80',
    'a..b',
    '-a',
    'a-',
    'a.',
    '.a',
    'A',
    'a_b',
    '<html>',
    '<a href=x>',
    'Bearer x',
    'GET / HTTP/1.1',
  ],
];

/**
 * Texts that are right in some places and wrong in others. YAML 1.1 does not read the last line as
 * texts.
 */
const plausible = [
  ...['sd2', 'good', 'https', 'grpc', 'grpcs', 'api.example', '/todo', '/a /b', '/', '443', '8080', '100', '10.0.0.9'],
  ...[
    'fd00::9',
    'use1-az1',
    'use1-az99',
    'us-east-1a',
    'zone-1',
    'available',
    'Available',
    'running',
    'test',
    'upstream',
  ],
  ...['no', 'off', 'y', '0o17', '0b1', '1e3'],
];

const long = [
  'a'.repeat(70_000),
  '🚀'.repeat(20_000),
  ...['/a', 'a.', '\\', '"', '\u0000', '- '].map((one) => one.repeat(2_000)),
];

/** Of fast-check's own texts the first costs more than all others. */
const anyCharacters = fc
  .array(fc.oneof(fc.nat(0xff), fc.nat(0xffff), fc.nat(0x10ffff)), { maxLength: 40 })
  .map((codes) => String.fromCodePoint(...codes));

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...meaningful) },
  { weight: 3, arbitrary: fc.constantFrom(...plausible) },
  { weight: 1, arbitrary: fc.constantFrom(...long, nested(2_000)) },
  { weight: 2, arbitrary: anyCharacters },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...plausible), fc.constantFrom(...meaningful)).map((two) => two.join('\n')),
  },
  { weight: 1, arbitrary: fc.ipV4() },
  { weight: 1, arbitrary: fc.ipV6() },
);

const oddNumbers = [
  0,
  -0,
  -1,
  1.5,
  65_535,
  65_536,
  2 ** 31,
  2 ** 53,
  2 ** 53 + 2,
  1e308,
  5e-324,
  -8.64e15,
  8.64e15 + 1,
  1e21,
];

/** By name, so that what a failing run prints stays short. */
const structures = {
  deep: JSON.parse(nested(400)),
  long: Array.from({ length: 2_000 }, (_, index) => index),
  wide: Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key ${index}`, index])),
  proto: JSON.parse('{"__proto__":{"fix":1},"constructor":{"prototype":{}},"toString":1}'),
  empty: [],
  nothing: {},
};

/** A value of any shape, such as JSON can hold. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: hostileText },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, ...oddNumbers) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...Object.keys(structures)).map((name) => structures[name as keyof typeof structures]),
  },
  { weight: 1, arbitrary: fc.array(hostileText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(hostileText, hostileText, { maxKeys: 3 }) },
);

export const three: fc.Arbitrary<readonly Mutation[]> = mutations(hostileText, hostileValue, 3);

/** The value with one odd place, rarely two: up to three mutations, each of the result before. */
export function oddly<T>(value: T): fc.Arbitrary<T> {
  return fc
    .oneof({ weight: 4, arbitrary: fc.tuple(three) }, { weight: 1, arbitrary: fc.tuple(three, three) })
    .map((places) => places.reduce<unknown>((one, nest) => mutate(one, nest), value) as T);
}

/** One of several values, with something odd in it. */
export function oddlyOneOf<T>(...values: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(...values.map((one) => oddly(one)));
}
