import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseTable, type TableEntry, writeTable } from '#core/contracts/table';

const entry: fc.Arbitrary<TableEntry> = fc.record(
  {
    consumer: fc.constantFrom('sd1', 'sd1-batch', 'sd2', '7'),
    account: fc.constantFrom('111111111111', '333333333333'),
    endpointId: fc.nat(200).map((number) => `vpce-${number.toString(16)}`),
  },
  { requiredKeys: ['consumer', 'endpointId'] },
);
const keyOf = ({ consumer, account = '-', endpointId }: TableEntry) => `${consumer} ${account} ${endpointId}`;
const keysOf = (entries: readonly TableEntry[]) => [...new Set(entries.map(keyOf))].sort();

describe('a table of callers', () => {
  it('has a line for each consumer and account', () => {
    const text = writeTable([
      { consumer: 'sd2', account: '333333333333', endpointId: 'vpce-3' },
      { consumer: 'sd1', account: '111111111111', endpointId: 'vpce-2' },
      { consumer: 'sd1', account: '111111111111', endpointId: 'vpce-1' },
      { consumer: 'sd1', endpointId: 'vpce-4' },
    ]);

    expect(text).toBe('sd1 - vpce-4\nsd1 111111111111 vpce-1 vpce-2\nsd2 333333333333 vpce-3');
    expect(writeTable([])).toBe('');
  });

  it('is read as it was written, and its order does not change its bytes', () => {
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const text = writeTable(entries);

        expect(keysOf(parseTable(text) ?? [])).toEqual(keysOf(entries));
        expect(writeTable([...entries].reverse())).toBe(text);
      }),
    );
  });

  it.each([
    ' ',
    '\n',
    'sd1',
    'sd1 111111111111',
    'sd1 111111111111 ',
    'sd1 111111111111 vpce-1\n',
    'sd1 111111111111  vpce-1',
    'sd1 111111111111 vpce-1 ',
    'sd1 11111 vpce-1',
    'sd1 111111111111 vpce-1,vpce-2',
    'sd1 111111111111 vpce-G',
    'SD1 111111111111 vpce-1',
    'sd1 111111111111 vpce-1\r\nsd2 - vpce-2',
    'sd1 111111111111 vpce-1\n\nsd2 - vpce-2',
    'sd1\t- vpce-1',
  ])('is invalid if one byte of it differs: %j', (text) => {
    expect(parseTable(text)).toBeUndefined();
  });
});
