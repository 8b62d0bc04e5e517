import { describe, expect, it } from '@jest/globals';
import type { Quarantined, ScopeState } from '#core/model';
import {
  hasAnswered,
  knownEndpoints,
  knownQuarantined,
  knownScopes,
  lastGoodOf,
  lastQuarantined,
  statesById,
  unknownScopes,
} from '#core/snapshot';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../support/builders';

const refused = (endpointId: string): Quarantined => ({
  endpointId,
  scopeId: hubScope.id,
  code: 'bad-tag',
  reason: 'is bad',
  fix: 'mend it',
});
const west = { ...hubScope, id: 'hub.self.us-west-2' };
const [now, before] = [endpointOf({ id: 'vpce-now' }), endpointOf({ id: 'vpce-before' })];
const known = knownScope([now], [refused('vpce-x')]);
const kept = { observedAtMs: 500, discovered: { endpoints: [before], quarantined: [refused('vpce-y')] } };
const failed: ScopeState = { status: 'unknown', scope: west, code: 'THROTTLED', reason: 'throttled', lastGood: kept };
const never = unknownScope();
const snapshot = snapshotOf(known, failed, never);

describe('a scope', () => {
  it.each([
    ['is known', known, known, true],
    ['is unknown', failed, kept, true],
    ['was never known', never, undefined, false],
    ['was known to an earlier process', unknownScope([before], west, true), expect.anything(), false],
  ])('that %s has its last good, and shows whether this process read the scope (fm-07)', (_, state, good, isRead) => {
    expect(lastGoodOf(state)).toEqual(good);
    expect(hasAnswered(state)).toBe(isRead);
  });
});

describe('a snapshot', () => {
  it('separates known scopes from unknown scopes', () => {
    expect(knownScopes(snapshot)).toEqual([known]);
    expect(unknownScopes(snapshot)).toEqual([failed, never]);
    expect([...statesById(snapshotOf(known, failed))]).toEqual([
      [hubScope.id, known],
      [west.id, failed],
    ]);
  });

  it('returns the endpoints of known scopes, and the last good of quarantined endpoints', () => {
    expect(knownEndpoints(snapshot)).toEqual([now]);
    expect(knownQuarantined(snapshot).map(({ endpointId }) => endpointId)).toEqual(['vpce-x']);
    expect(lastQuarantined(snapshot).map(({ endpointId }) => endpointId)).toEqual(['vpce-x', 'vpce-y']);
  });
});
