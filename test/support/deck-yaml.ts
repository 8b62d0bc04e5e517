import { parse } from 'yaml';

/** Unquoted texts with another meaning in YAML 1.1, and texts that end a scalar. */
export const trickyTexts = [
  ...['off', 'no', 'y', 'N', 'On', 'YES', 'true', 'null', '~', '', '=', '<<', '*a', '&a', '!a', '@a', '`a', '%a'],
  ...['1_000', '0b1', '0o17', '017', '0x1F', '685_230.15', '12:30:45', '1e3', '.5', '+1', '-', '.inf', '.nan', '08'],
  ...[
    '2001-12-14',
    '2001-12-14t21:59:43.10-05:00',
    '1.0',
    '3',
    '- a',
    'a: b',
    'a #b',
    '# a',
    '[a',
    '{a',
    "it's",
    '"',
    '\\',
  ],
  ...[
    ' a',
    'a ',
    'a\nb',
    'a\n',
    '\ta',
    'a:',
    '---',
    '...',
    '|',
    '>',
    '?',
    '? a',
    ':',
    ',',
    '\u0085',
    '\u2028',
    '\ufeff',
  ],
  ...[
    '\u0000',
    '\u001b[2J',
    '\u007f',
    '\uffff',
    '\ufffe',
    '\ue000',
    '\u{1f600}',
    '#{a}',
    '}}',
    '{{ a }}',
    '$',
    `$\{a}`,
  ],
];

const actions = /\$\{\{-?\s*env\s+["`](\w+)["`](?:\s*\|\s*(\w+)(?:\s+(\d+))?)?\s*-?\}\}/g;

/**
 * Reads as decK does, with the `yaml` package: templates are filled in first, then it is YAML 1.1.
 */
export function readAsDeck(text: string, env: Readonly<Record<string, string>> = {}): unknown {
  const filled = text.replace(actions, (_, name, pipe, by) => {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set`);
    return pipe === 'indent' ? value.replaceAll('\n', `\n${' '.repeat(Number(by))}`) : value;
  });
  if (filled.includes('${{')) throw new Error('a template is left');
  return parse(filled, { version: '1.1', logLevel: 'error' });
}
