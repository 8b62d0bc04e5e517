import { describe, expect, it } from '@jest/globals';
import { accountScopes, createAccountSource } from '#discovery/aws/accounts';
import { endpointOf } from '../../../support/builders';

const roleArn = 'arn:aws:iam::111111111111:role/team/kong-privatelink';

describe('accountScopes', () => {
  it("names the process's own account `self`", () => {
    expect(accountScopes({ name: 'hub', regions: ['us-east-1'] })).toEqual([
      { id: 'hub.self.us-east-1', source: 'hub', account: 'self', region: 'us-east-1' },
    ]);
  });

  it('returns one scope for each account and region, with the role that reads it', () => {
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

describe('createAccountSource', () => {
  it('reads each account and region separately, with clients opened once', async () => {
    const opened: string[] = [];
    const source = createAccountSource({ name: 'hub', regions: ['us-east-1', 'us-west-2'] }, ({ id }) => {
      opened.push(id);
      return {
        discover: async () => ({ endpoints: [endpointOf({ scopeId: id })], quarantined: [] }),
        confirmGone: async () => [`vpce of ${id}`],
      };
    });
    const { signal } = new AbortController();

    expect(source.scopes()).toBe(source.scopes());
    expect(opened).toEqual(['hub.self.us-east-1', 'hub.self.us-west-2']);
    for (const { scope, discover, confirmGone } of source.scopes()) {
      expect(await discover(signal)).toMatchObject({ endpoints: [{ scopeId: scope.id }] });
      expect(await confirmGone?.([], signal)).toEqual([`vpce of ${scope.id}`]);
    }
  });
});
