import { describe, expect, it } from '@jest/globals';
import type { ContractsView, EndpointConnection, ServiceState } from '#core/contracts/model';
import { parseTable, writeTable } from '#core/contracts/table';
import { callersEntity, tablesIn, withTables } from '#deck/callers/entity';
import { differencesOf } from '#deck/compare';
import type { HeldEntity } from '#deck/document';
import { isConfiguration, isOfCallers } from '#deck/revision';
import { fillTables } from '#sync/plan/callers/fill';
import { type CallersInput, callersFrom } from '#sync/plan/callers/tables';

const account = '111111111111';
const unknown = { status: 'unknown', code: 'THROTTLED', reason: 'throttled' } as const;

function connectionsOf(ids: readonly string[]): readonly EndpointConnection[] {
  return ids.map((endpointId) => ({ serviceId: 'vpce-svc-1', endpointId, account, state: 'available' }));
}

function viewOf(ids: readonly string[], over: Partial<ServiceState> = {}): ContractsView {
  const connections = { status: 'known', value: connectionsOf(ids), observedAtMs: 1 } as const;
  const place = { serviceId: 'vpce-svc-1', scopeId: 'contracts.self.us-east-1.vpce-svc-1', account: 'self' };
  const service = { ...place, region: 'us-east-1', connections, permissions: unknown, setup: unknown, ...over };
  return { takenAtMs: 1, services: [service] };
}

const consumers: CallersInput['contracts']['consumers'] = {
  sd1: { accounts: [account], calls: ['sd2'] },
};
const contract = { consumers, mode: 'observe' } as const;

const settings = { mode: 'observe', onMissing: 'allow', exceptions: [] } as const;
const entity = callersEntity(settings, { service: 'sd2', domain: 'sd2', tags: ['owner:test'] });
const heldWith = (callers: string, others = ''): HeldEntity => ({
  ...withTables(entity, { callers, others }),
  id: '1',
});
const entriesOf = (ids: readonly string[]) =>
  writeTable(ids.map((endpointId) => ({ consumer: 'sd1', account, endpointId })));

describe('the tables of a pass', () => {
  it('do not exist if no service belongs to the gateway', () => {
    const view = viewOf(['vpce-1'], { domains: ['sd2'] });

    expect(callersFrom({ contracts: contract, view }, [])).toBeUndefined();
  });

  it('hold endpoints of consumers with the other mode, where these may not call', () => {
    const strict = { ...consumers, sd1: { accounts: [account], calls: ['sd2'], mode: 'enforce' as const } };
    const callers = callersFrom({ contracts: { ...contract, consumers: strict }, view: viewOf(['vpce-1']) }, []);

    expect(callers?.settings).toEqual({ mode: 'observe', onMissing: 'allow', exceptions: ['sd1'] });
    expect(callers?.tablesOf('sd2', ['sd1'])).toEqual({ callers: entriesOf(['vpce-1']), others: '' });
    expect(callers?.tablesOf('sd3', ['sd1'])).toEqual({ callers: '', others: entriesOf(['vpce-1']) });
    expect(callers?.tablesOf('sd3', [])).toEqual({ callers: '', others: '' });
  });

  it.each(['pending', 'partial', 'somethingNew'])(
    'fm-85 keep a connected endpoint that is %s now, and add no endpoint',
    (state) => {
      const value = connectionsOf(['vpce-1', 'vpce-2']).map((one) => ({ ...one, state }));
      const view = viewOf([], { connections: { status: 'known', value, observedAtMs: 1 } });
      const callers = callersFrom({ contracts: contract, view }, [heldWith(entriesOf(['vpce-1']))]);

      expect(callers?.tablesOf('sd2', []).callers).toBe(entriesOf(['vpce-1']));
    },
  );

  it('keep an endpoint with an unreadable connection, even without a last good', () => {
    const value = [{ serviceId: 'vpce-svc-1', endpointId: 'vpce-1', state: 'unreadable', misfit: 'no account' }];
    const view = viewOf([], { connections: { status: 'known', value, observedAtMs: 1 } });
    const callers = callersFrom({ contracts: contract, view }, [heldWith(entriesOf(['vpce-1']))]);

    expect(callers?.tablesOf('sd2', []).callers).toBe(entriesOf(['vpce-1']));
  });

  it.each(['pendingAcceptance', 'rejected', 'failed', 'expired', 'deleting', 'deleted'])(
    'lose an endpoint that is %s',
    (state) => {
      const value = connectionsOf(['vpce-1']).map((one) => ({ ...one, state }));
      const view = viewOf([], { connections: { status: 'known', value, observedAtMs: 1 } });
      const callers = callersFrom({ contracts: contract, view }, [heldWith(entriesOf(['vpce-1']))]);

      expect(callers?.tablesOf('sd2', []).callers).toBe('');
    },
  );

  it('leave out an endpoint with different accounts at two services, and hold all others', () => {
    const other = '333333333333';
    const told = (serviceId: string, owner: string | undefined, ids: readonly string[]) => {
      const value = connectionsOf(ids).map((one) => ({ ...one, serviceId, account: owner }));
      return viewOf([], { serviceId, connections: { status: 'known', value, observedAtMs: 1 } }).services;
    };
    const both = { ...consumers, sd3: { accounts: [other], calls: ['sd2'] } };
    const services = [
      ...told('vpce-svc-1', account, ['vpce-1', 'vpce-2', 'vpce-3']),
      ...told('vpce-svc-2', other, ['vpce-2', 'vpce-4']),
      ...told('vpce-svc-3', undefined, ['vpce-3']),
    ];
    const callers = callersFrom({ contracts: { ...contract, consumers: both }, view: { takenAtMs: 1, services } }, []);

    expect(parseTable(callers?.tablesOf('sd2', []).callers ?? '')).toEqual([
      { consumer: 'sd1', account, endpointId: 'vpce-1' },
      { consumer: 'sd1', account, endpointId: 'vpce-3' },
      { consumer: 'sd3', account: other, endpointId: 'vpce-4' },
    ]);
  });

  it('refuse requests without an endpoint when they enforce, unless configured otherwise', () => {
    const settingsOf = (more: object) =>
      callersFrom({ contracts: { ...contract, ...more }, view: viewOf([]) }, [])?.settings.onMissing;

    expect(settingsOf({ mode: 'enforce' })).toBe('reject');
    expect(settingsOf({ mode: 'enforce', onMissing: 'allow' })).toBe('allow');
    expect(settingsOf({})).toBe('allow');
    expect(settingsOf({ onMissing: 'reject' })).toBe('reject');
  });
});

describe('a revision with the plugin, and a configuration without contracts', () => {
  it('does not restore the plugin, because without a contract it would refuse everybody', () => {
    const { desired, kept } = fillTables([entity], undefined, []);

    expect(desired).toEqual([]);
    expect(kept).toEqual([
      {
        key: 'sd2|privatelink-callers',
        domain: 'sd2',
        reason:
          'the revision has this plugin, but the configuration has no contracts: the plugin is not created; put contracts back to create it',
      },
    ]);
  });

  it('keeps the plugin with its tables while it is held', () => {
    const { desired, kept } = fillTables([entity], undefined, [heldWith(entriesOf(['vpce-1']))]);

    expect(tablesIn(desired[0]).callers).toBe(entriesOf(['vpce-1']));
    expect(kept).toEqual([]);
  });
});

describe('a table over the limit', () => {
  const ids = Array.from({ length: 80_000 }, (_, index) => `vpce-${(0x10000000 + index).toString(16)}`);
  const callers = callersFrom({ contracts: contract, view: viewOf(ids) }, []);

  it('fm-89 gets no endpoint, loses gone endpoints, and says so', () => {
    const held = heldWith(entriesOf(['vpce-0', ...ids.slice(0, 2)]));
    const { desired, kept } = fillTables([entity], callers, [held]);

    expect(tablesIn(desired[0]).callers).toBe(entriesOf(ids.slice(0, 2)));
    expect(kept).toEqual([
      {
        key: 'sd2|privatelink-callers',
        domain: 'sd2',
        reason:
          'its tables would have 1.1 MiB, more than 1 MiB: no endpoint is added; let fewer endpoints call this domain, or divide the domain',
      },
    ]);
  });

  it('fm-89 keeps endpoints whose consumer has another name now', () => {
    const renamed = callersFrom(
      { contracts: { ...contract, consumers: { new: { accounts: [account], calls: ['sd2'] } } }, view: viewOf(ids) },
      [],
    );
    const { desired } = fillTables([entity], renamed, [heldWith(entriesOf(ids.slice(0, 2)))]);

    expect(parseTable(tablesIn(desired[0]).callers)).toEqual(
      ids.slice(0, 2).map((endpointId) => ({ consumer: 'new', account, endpointId })),
    );
  });

  it('fm-89 goes on refusing endpoints of an enforced consumer that lost the domain', () => {
    const strict = { sd1: { accounts: [account], calls: ['sd3'], mode: 'enforce' as const } };
    const lost = callersFrom({ contracts: { ...contract, consumers: strict }, view: viewOf(ids) }, []);
    const enforcing = callersEntity({ ...settings, exceptions: ['sd1'] }, { service: 'sd2', domain: 'sd2', tags: [] });
    const { desired } = fillTables([enforcing], lost, [heldWith(entriesOf(ids.slice(0, 2)))]);

    expect(tablesIn(desired[0])).toEqual({ callers: '', others: entriesOf(ids.slice(0, 2)) });
  });

  it('fm-89 may be all tables together: the first domains get their entries, and held entries stay', () => {
    const domains = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const many = { sd1: { accounts: [account], calls: domains } };
    const all = callersFrom({ contracts: { ...contract, consumers: many }, view: viewOf(ids.slice(0, 60_000)) }, []);
    const of = (domain: string) => callersEntity(settings, { service: domain, domain, tags: ['owner:test'] });
    const held = {
      ...withTables(of('d11'), { callers: entriesOf(['vpce-0', ...ids.slice(0, 2)]), others: '' }),
      id: '1',
    };

    const { desired, kept } = fillTables(domains.map(of), all, [held]);
    const sizes = desired.map((one) => tablesIn(one).callers.length);

    expect(sizes.reduce((one, other) => one + other, 0)).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(sizes.filter((size) => size > 800_000)).toHaveLength(9);
    expect(tablesIn(desired[11]).callers).toBe(entriesOf(ids.slice(0, 2)));
    expect(kept.map(({ domain }) => domain)).toEqual(['d9', 'd10', 'd11']);
    expect(kept[0]?.reason).toMatch(/^the tables of all domains would have 9\.6 MiB, more than 8 MiB: /);
  });

  it('holds all entries below the limit', () => {
    const some = callersFrom({ contracts: contract, view: viewOf(ids.slice(0, 40_000)) }, []);
    const { desired, kept } = fillTables([entity], some, []);

    expect(parseTable(tablesIn(desired[0]).callers)).toHaveLength(40_000);
    expect(kept).toEqual([]);
  });
});

describe('a change of tables alone', () => {
  const before = heldWith(entriesOf(['vpce-1', 'vpce-2']));
  const update = { action: 'update', kind: 'plugin', key: entity.key, before } as const;
  const after = withTables(entity, { callers: entriesOf(['vpce-2', 'vpce-3']), others: '' });

  it('is data, and a change of settings is configuration', () => {
    const enforced = withTables(callersEntity({ ...settings, mode: 'enforce' }, { ...entity, service: 'sd2' }), {
      callers: '',
      others: '',
    });

    expect(isConfiguration({ ...update, after })).toBe(false);
    expect(isConfiguration({ ...update, after: enforced })).toBe(true);
    expect(isConfiguration({ ...update, action: 'create', before: undefined, after })).toBe(true);
    expect([isOfCallers({ ...update, after }), isOfCallers({ ...update, action: 'delete' })]).toEqual([true, false]);
  });

  it('names new and removed endpoints', () => {
    expect(differencesOf(after, before)).toEqual(['callers +vpce-3(sd1) -vpce-1(sd1)']);
  });

  it('counts endpoints beyond the named ones', () => {
    const all = withTables(entity, {
      callers: entriesOf(Array.from({ length: 20 }, (_, at) => `vpce-${at}`)),
      others: '',
    });

    expect(differencesOf(all, heldWith(''))[0]).toMatch(/^callers (\+vpce-\d+\(sd1\) ){8}and 12 more$/);
  });
});
