import type { STSClient } from '@aws-sdk/client-sts';
import { expect, it } from '@jest/globals';
import { createAccountReader } from '#discovery/aws/caller';
import { endlessBudget, firstScopeOf, vpcEndpointsConfig } from '../../../support/aws/vpc-endpoints';

/** The account that STS returns with this answer. */
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

it('the account of the credentials is the account that STS returns', async () => {
  expect(await accountOf({ Account: '111111111111' })).toBe('111111111111');
});

it.each(['', '1,2', 'owner:other', '1111111111111', 7, null, {}])(
  'fm-45 the account is unknown where STS returns %j, which is not an id and would become a tag',
  async (Account) => {
    expect(await accountOf({ Account })).toBeUndefined();
  },
);
