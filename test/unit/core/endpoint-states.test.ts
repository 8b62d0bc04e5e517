import { describe, expect, it } from '@jest/globals';
import { transitionalScopes } from '#core/endpoint-states';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../support/builders';

describe('transitionalScopes', () => {
  it.each(['pending', 'pendingAcceptance', 'deleting'] as const)(
    'returns a scope with an endpoint that is %s',
    (state) => {
      const snapshot = snapshotOf(knownScope([endpointOf(), endpointOf({ id: 'vpce-2', state })]));

      expect(transitionalScopes(snapshot)).toEqual([hubScope]);
    },
  );

  it.each(['available', 'partial', 'rejected', 'failed', 'expired', 'deleted', 'unlisted'] as const)(
    'leaves out a scope whose endpoint is %s, because that state is final',
    (state) => {
      expect(transitionalScopes(snapshotOf(knownScope([endpointOf({ state })])))).toEqual([]);
    },
  );

  it('leaves out an unknown scope, whatever its last good', () => {
    expect(transitionalScopes(snapshotOf(unknownScope([endpointOf({ state: 'pending' })])))).toEqual([]);
  });
});
