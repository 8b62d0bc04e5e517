import { describe, expect, it } from '@jest/globals';
import { createNodeWatch } from '#sync/rollout/gates/node-watch';

const settleMs = 10_000;

/** Results of looks at these nodes, a second apart; `a:1` has hash 1, and `a:` has none. */
function looks(...all: readonly (readonly [string, string])[]) {
  const look = createNodeWatch(settleMs);
  return all.map(([expected, nodes], index) => {
    const connected = nodes.split(' ').flatMap((one) => {
      const [name = '', hash = ''] = one.split(':');
      return name === '' ? [] : [{ name, hash: hash || undefined }];
    });
    const { right, behind, late } = look({ connected, expectedHash: expected || undefined }, index * 1_000);
    return [right.join(''), behind.join(''), late.join('')].join('|');
  });
}

const times = (count: number, expected: string, nodes: string) =>
  Array.from({ length: count }, () => [expected, nodes] as const);

describe('a watch of data planes', () => {
  it('finds the nodes with the expected configuration', () => {
    expect(looks(['2', 'a:2 b:1 c:'])).toEqual(['a|bc|']);
  });

  it('accepts a configuration that was expected at an earlier look, however often addresses change it', () => {
    expect(looks(['2', 'a:1'], ['3', 'a:2'], ['4', 'a:3'])).toEqual(['|a|', 'a||', 'a||']);
  });

  it('accepts a configuration that a node had before it was expected', () => {
    expect(looks(['2', 'a:3'], ['3', 'a:1'])).toEqual(['|a|', 'a||']);
  });

  it('keeps a node right once it was right, even after it was away', () => {
    expect(looks(['2', 'a:2'], ['3', 'a:1'], ['3', ''], ['3', 'a:1'])).toEqual(['a||', 'a||', '||', 'a||']);
  });

  it('gives each node equal time from its first appearance', () => {
    const seen = looks(...times(3, '2', 'a:1'), ...times(11, '2', 'a:1 b:1'));

    expect(seen.slice(9)).toEqual(['|ab|', '|b|a', '|b|a', '|b|a', '||ab']);
  });

  it('ignores a node that left, and starts again when the node returns behind', () => {
    const seen = looks(...times(9, '2', 'a:1'), ['2', ''], ...times(2, '2', 'a:1'));

    expect(seen.slice(8)).toEqual(['|a|', '||', '|a|', '|a|']);
  });

  it('calls no node right when no configuration is expected', () => {
    expect(looks(['', 'a:1 b:'])).toEqual(['|ab|']);
  });
});
