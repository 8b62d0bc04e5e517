import { describe, expect, it } from '@jest/globals';
import type { Quarantined } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { accountTag, originTags, selectTags } from '#deck/tags';
import { missingEndpoints } from '#sync/plan/removals/missing';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../../support/builders';

function targetOf(endpointId: string, scopeId = hubScope.id): HeldEntity {
  const key = `sd2.privatelink|${endpointId}`;
  const tags = [...selectTags('test'), ...originTags({ scopeId, endpointId })];
  return { kind: 'target', key, id: key, domain: 'sd2', parent: 'sd2.privatelink', fields: {}, tags };
}

const quarantined: Quarantined = {
  endpointId: 'vpce-1',
  scopeId: hubScope.id,
  code: 'bad-tag',
  reason: 'is bad',
  fix: 'mend it',
};

describe('missingEndpoints', () => {
  it('returns the endpoints of held targets that their scope does not list, in order, each once', () => {
    const held = [targetOf('vpce-3'), targetOf('vpce-2'), targetOf('vpce-3'), targetOf('vpce-1')];

    const missing = missingEndpoints(snapshotOf(knownScope([endpointOf()])), held);

    expect([...missing]).toEqual([[hubScope.id, ['vpce-2', 'vpce-3']]]);
  });

  it.each([
    ['is listed', knownScope([endpointOf()])],
    ['is quarantined', knownScope([], [quarantined])],
    ['belongs to an unknown scope', unknownScope()],
    ['belongs to an unknown scope that remembers others', unknownScope([endpointOf({ id: 'vpce-9' })])],
  ])('returns nothing when the endpoint %s', (_, scope) => {
    expect([...missingEndpoints(snapshotOf(scope), [targetOf('vpce-1')])]).toEqual([]);
  });

  it.each([
    ['the account that the domain was read in', '111111111111', [[hubScope.id, ['vpce-1']]]],
    ['another account, whose answers about the endpoint mean nothing', '222222222222', []],
  ])('fm-37 asks %s', (_, accountId, asked) => {
    const upstream: HeldEntity = {
      ...targetOf('u'),
      kind: 'upstream',
      key: 'sd2.privatelink',
      tags: [...selectTags('test'), accountTag('111111111111')],
    };

    const missing = missingEndpoints(snapshotOf({ ...knownScope([]), accountId }), [upstream, targetOf('vpce-1')]);

    expect([...missing]).toEqual(asked);
  });

  it('returns nothing for a scope without a source', () => {
    expect([...missingEndpoints(snapshotOf(knownScope([])), [targetOf('vpce-1', 'old.self.us-east-1')])]).toEqual([]);
  });
});
