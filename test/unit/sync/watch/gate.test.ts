import { describe, expect, it } from '@jest/globals';
import { callersEntity, withTables } from '#deck/callers/entity';
import type { Change } from '#sync/plan/changes';
import { createGate } from '#sync/watch/gate';

const place = { service: 'sd2', domain: 'sd2', tags: [] };
const entity = callersEntity({ mode: 'enforce', onMissing: 'reject', exceptions: [] }, place);
const before = withTables(entity, { callers: 'sd1 - vpce-1', others: '' });
const after = withTables(entity, { callers: '', others: '' });
const about = { key: entity.key, domain: 'sd2', id: '1', reason: 'callers -vpce-1(sd1)' };
const tighten: Change = { action: 'update', kind: 'plugin', ...about, before, after };
const service: Change = { action: 'update', kind: 'service', ...about, key: 'sd2', domain: 'sd2', reason: 'port' };

describe('the window that collects changes', () => {
  it('passes tables of callers at once, because a lost permission must not wait', () => {
    const gate = createGate(() => 0);
    gate.record({
      owner: 'test',
      scopes: [],
      quarantined: [],
      kept: [],
      warnings: [],
      changes: [service],
      applied: [{ change: service, outcome: 'applied' }],
    });

    expect(gate.admit([service, tighten])).toEqual([tighten]);
    expect(gate.held().count).toBe(1);
  });
});
