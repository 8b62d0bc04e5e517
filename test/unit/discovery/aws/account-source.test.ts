import { expect, it } from '@jest/globals';
import { createAccountSource } from '#discovery/aws/account-source';
import { endpointOf } from '../../../support/builders';

it('reads each account and region by itself, opened once', async () => {
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
