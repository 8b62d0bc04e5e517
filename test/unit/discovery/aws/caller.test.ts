import type { STSClient } from '@aws-sdk/client-sts';
import { expect, it } from '@jest/globals';
import { createAccountReader } from '#discovery/aws/caller';
import { endlessBudget, firstScopeOf, vpcEndpointsConfig } from '../../../support/aws/vpc-endpoints';

/** The account that STS tells with this answer. */
async function accountOf(answer: unknown): Promise<string | undefined> {
  const client = { send: async () => answer, config: { credentials: async () => ({ accessKeyId: 'AKIA' }) } };
  const read = createAccountReader({
    scope: firstScopeOf(vpcEndpointsConfig()),
    client: async () => client as unknown as STSClient,
    budget: endlessBudget,
    clock: { monotonicMs: () => 0 },
  });
  return read(new AbortController().signal);
}

it('reads the account that STS names', async () => {
  expect(await accountOf({ Account: '111111111111' })).toBe('111111111111');
});

it.each(['', '1,2', 'owner:other', '1111111111111', 7, null, {}])(
  'fm-45 reads none where STS names %j, which is none and becomes a tag',
  async (Account) => {
    expect(await accountOf({ Account })).toBeUndefined();
  },
);
