import { describe, expect, it } from '@jest/globals';
import { accountScopes } from '#discovery/aws/accounts';

const roleArn = 'arn:aws:iam::111111111111:role/team/kong-privatelink';

describe('accountScopes', () => {
  it("names the process's own account `self`", () => {
    expect(accountScopes({ name: 'hub', regions: ['us-east-1'] })).toEqual([
      { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' },
    ]);
  });

  it('gives one scope for each account and region, with the role that reads it', () => {
    const accounts = [{ roleArn, externalId: 'hub' }, { roleArn: roleArn.replace(/1{12}/, '222222222222') }];

    const scopes = accountScopes({ name: 'hub', accounts, regions: ['us-east-1', 'us-west-2'] });

    expect(scopes.map(({ id }) => id)).toEqual([
      'hub.111111111111.us-east-1',
      'hub.111111111111.us-west-2',
      'hub.222222222222.us-east-1',
      'hub.222222222222.us-west-2',
    ]);
    expect(scopes[0]).toMatchObject({ roleArn, externalId: 'hub' });
  });
});
