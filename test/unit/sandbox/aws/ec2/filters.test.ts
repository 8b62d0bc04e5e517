import { describe, expect, it } from '@jest/globals';
import { parseFilters } from '#sandbox/aws/ec2/filters';

const item = { id: 'vpce-1', tags: { 'kong:domain': 'sd2', path: 'a*b' } };
const fields = new Map([['vpc-endpoint-id', (one: typeof item) => one.id]]);

function matches(...filters: readonly (readonly [string, readonly string[]])[]): boolean {
  const parameters = filters.flatMap(([name, values], filter) => [
    [`Filter.${filter + 1}.Name`, name] as const,
    ...values.map((value, index) => [`Filter.${filter + 1}.Value.${index + 1}`, value] as const),
  ]);
  return parseFilters(new Map(parameters), fields)(item);
}

describe('parseFilters', () => {
  it.each([
    ['vpc-endpoint-id', ['vpce-2', 'vpce-1'], true],
    ['vpc-endpoint-id', ['vpce-2'], false],
    ['vpc-endpoint-id', ['vpce-'], false],
    ['vpc-endpoint-id', ['VPCE-1'], false],
    ['vpc-endpoint-id', ['vpce-*'], true],
    ['vpc-endpoint-id', ['vpce-?'], true],
    ['vpc-endpoint-id', ['vpce.1'], false],
    ['tag:kong:domain', ['sd2'], true],
    ['tag:kong:domain', ['sd1'], false],
    ['tag:absent', ['*'], false],
    ['tag:path', ['a\\*b'], true],
    ['tag:kong:domain', ['s\\*'], false],
    ['tag-key', ['kong:domain'], true],
    ['tag-key', ['other'], false],
    ['tag-key', [], false],
  ])('judges %s %j as AWS does', (name, values, expected) => {
    expect(matches([name, values])).toBe(expected);
  });

  it('requires every filter to match', () => {
    expect(matches(['tag-key', ['path']], ['vpc-endpoint-id', ['vpce-2']])).toBe(false);
  });

  it('matches everything without filters', () => {
    expect(matches()).toBe(true);
  });

  it('refuses a filter unknown to the action', () => {
    expect(() => matches(['owner-id', ['1']])).toThrow("The filter 'owner-id' is invalid");
  });
});
