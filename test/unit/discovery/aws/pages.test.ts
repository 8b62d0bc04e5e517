import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readAwsList } from '#discovery/aws/pages';
import { endlessBudget, firstScopeOf, vpcEndpointsConfig } from '../../../support/aws/vpc-endpoints';

const scope = firstScopeOf(vpcEndpointsConfig());
const signal = new AbortController().signal;
const page = z.object({ items: z.array(z.string()), NextToken: z.string().optional() });

/** The result of the list and the tokens sent to AWS, with answers that have these tokens. */
function readList(tokenOf: (asked: number) => string | undefined, mostPages?: number) {
  const asked: (string | undefined)[] = [];
  const list = { action: 'ec2:DescribeVpcs', page, scope, budget: endlessBudget, signal, mostPages } as const;
  const reading = readAwsList(list, async (token) => {
    asked.push(token);
    // An endless loop would never yield to a time-out of the test.
    if (asked.length > 50) throw new Error('asked without end');
    return { items: ['x'], NextToken: tokenOf(asked.length) };
  });
  return { asked, reading };
}

describe('readAwsList', () => {
  it.each([
    ['the token of the page itself', ['a', 'a'], 2],
    ['the token of an earlier page', ['a', 'b', 'c', 'a'], 4],
    ['one of two in turn', ['a', 'b', 'a', 'b'], 3],
  ])('fm-54 ends at once, and names cause and fix, when the token is %s', async (_, tokens, calls) => {
    const { asked, reading } = readList((count) => tokens[(count - 1) % tokens.length]);

    await expect(reading).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      reason: expect.stringMatching(/ec2:DescribeVpcs.*names a next page that was read before/),
      fix: expect.stringContaining('no proxy answers in place of AWS'),
    });
    expect(asked).toHaveLength(calls);
  });

  it('fm-54 ends a list of endless new tokens', async () => {
    const { asked, reading } = readList((count) => `token-${count}`, 3);

    await expect(reading).rejects.toMatchObject({
      code: 'BAD_ANSWER',
      reason: expect.stringMatching(/AWS's list for \S+ does not end: it goes on after 3 pages/),
    });
    expect(asked).toEqual([undefined, 'token-1', 'token-2']);
  });

  it('fm-54 reads a list with the largest allowed number of pages', async () => {
    const { reading } = readList((count) => (count < 3 ? `token-${count}` : ''), 3);

    await expect(reading).resolves.toEqual(['x', 'x', 'x']);
  });
});
