import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatRows, formatTable } from '#io/table';

const head = ['NAME', 'STATE', 'WHY'];
const id = 'vpce-0123456789abcdef0';
const rows = [
  ['sd2', 'available', `${id} in hub.222222222222.us-east-1 is available since today, and its zone is served`],
  ['egress', 'ok', '-'],
];

describe('formatTable', () => {
  it('prints a row on one line without a width', () => {
    expect(formatTable(head, rows).split('\n')).toHaveLength(4);
    expect(formatTable(head, rows)).toContain(`sd2     available  ${rows[0]?.[2]}\negress  ok         -\n`);
  });

  it('wraps a long cell within its column', () => {
    expect(formatTable(head, rows, 60)).toBe(
      [
        'NAME    STATE      WHY',
        `sd2     available  ${id} in`,
        '                   hub.222222222222.us-east-1 is available',
        '                   since today, and its zone is served',
        'egress  ok         -',
        '',
      ].join('\n'),
    );
  });

  it('puts a cell below its row if its column has no room', () => {
    expect(formatTable(head, rows, 44)).toBe(
      [
        'NAME    STATE',
        '    WHY',
        'sd2     available',
        `    ${id} in`,
        '    hub.222222222222.us-east-1 is available',
        '    since today, and its zone is served',
        'egress  ok',
        '    -',
        '',
      ].join('\n'),
    );
  });

  it("puts a cell with a long word below its own row, and no other row's cell", () => {
    const address = 'http://127.0.0.1:9/v2/control-planes?filter[name][eq]=prod';

    expect(
      formatTable(
        ['CHECK', 'DETAIL'],
        [
          ['plan', `see ${address}`],
          ['Node.js', '20.20.2, no newer one'],
        ],
        60,
      ),
    ).toBe(['CHECK    DETAIL', 'plan', `    see`, `    ${address}`, 'Node.js  20.20.2, no newer one', ''].join('\n'));
  });

  it('cuts no word, and is wider than allowed only for a wider word', () => {
    const cell = fc
      .array(fc.string({ unit: fc.constantFrom('a', '.', '-', '7'), minLength: 1, maxLength: 30 }), { maxLength: 12 })
      .map((words) => words.join(' '));
    const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(table, fc.integer({ min: 40, max: 120 }), (given, columns) => {
        const blocks = formatRows(head, given, columns);

        expect(blocks).toHaveLength(1 + given.length);
        given.forEach((row, index) => {
          const shown = (blocks[index + 1] ?? '').split(/\s+/).filter(Boolean).sort();
          expect(shown).toEqual(row.join(' ').split(' ').filter(Boolean).sort());
        });
        for (const line of blocks.join('\n').split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      }),
    );
  });
});
