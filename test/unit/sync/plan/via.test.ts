import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import type { Endpoint, Scope, ScopeState } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { eachOriginOf } from '#deck/tags';
import type { PassDependencies } from '#sync/pass/plan-once';
import { endpointOf, hubScope, knownScope, unknownScope } from '../../../support/builders';
import { createPasses, defaultPolicy, type Passes } from '../../../support/passes';

const resolver = { via: 'resolver', suffix: 'privatelink.internal' } as const;
const addresses = { ...resolver, via: 'addresses' } as const;
const name = 'sd2.privatelink|_http._tcp.sd2.privatelink.internal:80';
const [one, two] = ['sd2.privatelink|10.0.1.11:80', 'sd2.privatelink|10.0.2.11:80'];

const spokeScope: Scope = {
  id: 'spoke.222222222222.us-east-1',
  source: 'spoke',
  account: '222222222222',
  region: 'us-east-1',
};

/** An endpoint of scope spoke. */
const spokeEndpoint = endpointOf({
  id: 'vpce-2',
  scopeId: spokeScope.id,
  createdAtMs: 2_000,
  addresses: [{ ip: '10.9.0.1', region: 'us-east-1' }],
});

const spoke = (endpoints: readonly Endpoint[] = [spokeEndpoint]): ScopeState => knownScope(endpoints, [], spokeScope);
const hub = (endpoints: readonly Endpoint[] = [endpointOf()]): ScopeState => knownScope(endpoints);

function passesVia(via: PassDependencies['via'], over: Partial<PassDependencies> = {}) {
  const passes = createPasses({ via, ...over });
  const switchTo = (next: PassDependencies['via']) => {
    Object.assign(passes.deps, { via: next });
    passes.plane.writes.length = 0;
  };
  return { ...passes, switchTo };
}

function heldIn({ plane }: Pick<Passes, 'plane'>, kind: HeldEntity['kind']): readonly HeldEntity[] {
  return [...plane.entities.values()].filter((entity) => entity.kind === kind);
}

const targetsIn = (passes: Pick<Passes, 'plane'>) =>
  heldIn(passes, 'target')
    .map(({ key }) => key)
    .sort();

const algorithmIn = (passes: Pick<Passes, 'plane'>) =>
  passes.plane.entities.get('upstream:sd2.privatelink')?.fields.algorithm;

const idsOf = (passes: Pick<Passes, 'plane'>) =>
  eachOriginOf(passes.plane.entities.get(`target:${name}`)?.tags ?? []).map((origin) => origin.endpointId);

describe('via resolver', () => {
  it('holds one name instead of the addresses, under round-robin, with tags for endpoints and scopes', async () => {
    const passes = passesVia(resolver);

    await passes.pass(hub(), spoke());

    expect(targetsIn(passes)).toEqual([name]);
    expect(algorithmIn(passes)).toBe('round-robin');
    const target = passes.plane.entities.get(`target:${name}`);
    expect(target?.fields).toMatchObject({ target: '_http._tcp.sd2.privatelink.internal:80', weight: 100 });
    expect(target?.tags).toEqual(
      expect.arrayContaining(['owner:test', 'vpce-1', 'vpce-2', `scope:${hubScope.id}`, `scope:${spokeScope.id}`]),
    );
    expect(eachOriginOf(target?.tags ?? [])).toEqual(
      expect.arrayContaining([
        { endpointId: 'vpce-1', scopeIds: [hubScope.id] },
        { endpointId: 'vpce-2', scopeIds: [spokeScope.id] },
      ]),
    );
  });

  it('writes nothing when nothing changed, even with several scopes', async () => {
    const { pass, plane } = passesVia(resolver);
    await pass(hub(), spoke());
    plane.writes.length = 0;

    await pass(hub(), spoke());

    expect(plane.writes).toEqual([]);
  });

  it.each([
    ['on which all endpoints agree', [8080, 8080], 8080],
    ["of the protocol where they don't", [8080, 9090], 80],
  ])('has the port %s', async (_, [first, second], port) => {
    const passes = passesVia(resolver);

    await passes.pass(hub([endpointOf({ port: first })]), spoke([{ ...spokeEndpoint, port: second ?? 0 }]));

    expect(targetsIn(passes)).toEqual([`sd2.privatelink|_http._tcp.sd2.privatelink.internal:${port}`]);
  });

  it('applies to the domain that sets it, whatever other domains set', async () => {
    const passes = passesVia(addresses, { settings: { sd2: { via: 'resolver' } } });
    const other = endpointOf({ id: 'vpce-3', domain: 'sd3', addresses: [{ ip: '10.3.0.1', region: 'us-east-1' }] });

    await passes.pass(hub([endpointOf(), other]));

    expect(targetsIn(passes)).toEqual([name, 'sd3.privatelink|10.3.0.1:80']);
  });

  it('looks up the missing endpoints of each scope in that scope alone', async () => {
    const asked: unknown[] = [];
    const confirmGone: PassDependencies['confirmGone'] = async (missing) => {
      asked.push(Object.fromEntries(missing));
      return { goneIds: [], warnings: [] };
    };
    const { pass } = passesVia(resolver, { confirmGone });
    const other = endpointOf({
      id: 'vpce-4',
      createdAtMs: 3_000,
      addresses: [{ ip: '10.4.0.1', region: 'us-east-1' }],
    });
    await pass(hub([endpointOf(), other]), spoke());

    await pass(hub([other]), spoke());

    expect(asked.at(-1)).toEqual({ [hubScope.id]: ['vpce-1'] });
  });
});

describe('a switch', () => {
  it('adds before it removes, and uses round-robin while the name exists', async () => {
    const passes = passesVia(addresses);
    await passes.pass(hub());

    passes.switchTo(resolver);
    const report = await passes.pass(hub());

    expect(passes.plane.writes).toEqual([
      'update upstream sd2.privatelink',
      `create target ${name}`,
      `delete target ${one}`,
      `delete target ${two}`,
    ]);
    expect(report.changes.map(({ reason }) => reason)).toEqual([
      'algorithm "least-connections" -> "round-robin"',
      `via resolver in place of 2 addresses; endpoint vpce-1 is available in ${hubScope.id}`,
      'replaced: the domain is now via resolver, by _http._tcp.sd2.privatelink.internal:80',
      'replaced: the domain is now via resolver, by _http._tcp.sd2.privatelink.internal:80',
    ]);

    passes.switchTo(addresses);
    await passes.pass(hub());

    expect(passes.plane.writes).toEqual([
      `create target ${one}`,
      `create target ${two}`,
      `delete target ${name}`,
      'update upstream sd2.privatelink',
    ]);
    expect(algorithmIn(passes)).toBe('least-connections');
  });

  it('to another suffix adds the new name before it removes the old name', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub());

    passes.switchTo({ ...resolver, suffix: 'other.internal' });
    await passes.pass(hub());

    const other = 'sd2.privatelink|_http._tcp.sd2.other.internal:80';
    expect(passes.plane.writes).toEqual([`create target ${other}`, `delete target ${name}`]);
  });

  it('fm-76 is no removal for the brake, in both directions', async () => {
    const policy = { ...defaultPolicy, maxRemovePercent: 0 };
    const many = Array.from({ length: 12 }, (_, index) =>
      endpointOf({ id: `vpce-a${index}`, addresses: [{ ip: `10.0.5.${index + 1}`, region: 'us-east-1' }] }),
    );
    const passes = passesVia(addresses, { policy });
    await passes.pass(hub(many));

    passes.switchTo(resolver);
    const there = await passes.pass(hub(many));

    expect(there.withheld).toBeUndefined();
    expect(targetsIn(passes)).toEqual([name]);

    passes.switchTo(addresses);
    const back = await passes.pass(hub(many));

    expect(back.withheld).toBeUndefined();
    expect(targetsIn(passes)).toHaveLength(12);
  });

  it('fm-76 keeps the brake on removals of other domains in the plan', async () => {
    const many = Array.from({ length: 12 }, (_, index) =>
      endpointOf({
        id: `vpce-a${index}`,
        domain: 'sd3',
        addresses: [{ ip: `10.0.5.${index + 1}`, region: 'us-east-1' }],
      }),
    );
    const passes = passesVia(addresses);
    await passes.pass(hub([endpointOf(), ...many]));

    passes.switchTo({ ...resolver });
    Object.assign(passes.deps, { settings: { sd3: { via: 'addresses' } } });
    const rejected = many.map((endpoint) => ({ ...endpoint, state: 'rejected' as const }));
    const report = await passes.pass(hub([endpointOf(), ...rejected]));

    expect(report.withheld?.changes).toHaveLength(12);
    expect(report.withheld?.reason).toContain('12 of 14 addresses');
    expect(targetsIn(passes)).toContain(name);
    expect(targetsIn(passes)).not.toContain(one);
  });

  it('works under upsert-only too, and removes the zone upstreams', async () => {
    const policy = { ...defaultPolicy, mode: 'upsert-only' as const };
    const passes = passesVia(addresses, { policy, affinity: 'weighted' });
    await passes.pass(hub());
    expect(heldIn(passes, 'upstream')).toHaveLength(3);

    passes.switchTo(resolver);
    await passes.pass(hub());

    expect(targetsIn(passes)).toEqual([name]);
    expect(heldIn(passes, 'upstream').map(({ key }) => key)).toEqual(['sd2.privatelink']);
  });

  it('restores the zone upstreams with the addresses', async () => {
    const passes = passesVia(resolver, { affinity: 'weighted' });
    await passes.pass(hub());
    expect(heldIn(passes, 'upstream')).toHaveLength(1);

    passes.switchTo(addresses);
    await passes.pass(hub());

    expect(heldIn(passes, 'upstream')).toHaveLength(3);
    expect(targetsIn(passes)).toHaveLength(6);
  });

  it.each([
    ['resolver', addresses, resolver],
    ['addresses', resolver, addresses],
    ['resolver', resolver, { ...resolver, suffix: 'other.internal' }],
  ])('fm-75 to %s waits while a scope of the domain is unknown, and says so', async (form, from, to) => {
    const passes = passesVia(from);
    await passes.pass(hub(), spoke());
    const [before, algorithm] = [targetsIn(passes), algorithmIn(passes)];

    passes.switchTo(to);
    const report = await passes.pass(hub(), unknownScope([spokeEndpoint], spokeScope));

    expect(passes.plane.writes).toEqual([]);
    expect(targetsIn(passes)).toEqual(before);
    expect(algorithmIn(passes)).toBe(algorithm);
    expect(report.kept).toContainEqual(
      expect.objectContaining({
        key: 'sd2.privatelink',
        reason: expect.stringMatching(new RegExp(`via ${form}.* waits: scope ${spokeScope.id} is unknown`)),
      }),
    );

    await passes.pass(hub(), spoke());

    expect(targetsIn(passes)).not.toEqual(before);
  });

  it('fm-75 waits in a fresh container without last good, which knows the scope from tags alone', async () => {
    const passes = passesVia(addresses);
    await passes.pass(hub(), spoke());

    passes.switchTo(resolver);
    await passes.pass(hub(), unknownScope(undefined, spokeScope));
    await passes.pass(unknownScope(), unknownScope(undefined, spokeScope));

    expect(passes.plane.writes).toEqual([]);
  });

  it('fm-75 waits while a held endpoint cannot be judged, such as one in modification', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());

    passes.switchTo(addresses);
    const { kept } = await passes.pass(hub([endpointOf({ state: 'pending' })]), spoke());

    expect(targetsIn(passes)).toEqual([name]);
    expect(kept.map(({ reason }) => reason)).toContain('via addresses waits: endpoint vpce-1 is pending');
  });

  it('does not wait for a scope of other domains', async () => {
    const passes = passesVia(addresses);
    const other = { ...spokeEndpoint, domain: 'sd3' };
    await passes.pass(hub(), spoke([other]));

    passes.switchTo(resolver);
    await passes.pass(hub(), unknownScope([other], spokeScope));

    expect(targetsIn(passes)).toEqual([name, 'sd3.privatelink|10.9.0.1:80']);
  });

  it('continues after an interruption, and keeps both forms while the scope is unknown', async () => {
    const passes = passesVia(addresses);
    await passes.pass(hub(), spoke());
    const isDelete = ({ action }: { readonly action: string }) => action === 'delete';
    passes.plane.failWith = (change) => (isDelete(change) ? failure() : undefined);
    passes.switchTo(resolver);
    await passes.pass(hub(), spoke());
    passes.plane.failWith = () => undefined;
    expect(targetsIn(passes)).toHaveLength(4);

    await passes.pass(hub(), unknownScope([spokeEndpoint], spokeScope));

    expect(targetsIn(passes)).toHaveLength(4);
    expect(algorithmIn(passes)).toBe('round-robin');

    await passes.pass(hub(), spoke());

    expect(targetsIn(passes)).toEqual([name]);
  });

  it('keeps the addresses if the name cannot be written', async () => {
    const passes = passesVia(addresses);
    await passes.pass(hub());
    passes.plane.failWith = ({ kind, action }) => (kind === 'target' && action === 'create' ? failure() : undefined);

    passes.switchTo(resolver);
    await passes.pass(hub());

    expect(targetsIn(passes)).toEqual([one, two]);
  });

  it.each([
    [
      'the upstream cannot turn to round-robin',
      addresses,
      resolver,
      'update upstream',
      'least-connections',
      [one, two],
    ],
    ['the name cannot be deleted', resolver, addresses, 'delete target', 'round-robin', [one, two, name]],
  ])('never has a name under least-connections: %s', async (_, from, to, failing, algorithm, left) => {
    const passes = passesVia(from);
    await passes.pass(hub());
    passes.plane.failWith = ({ kind, action }) => (`${action} ${kind}` === failing ? failure() : undefined);

    passes.switchTo(to);
    await passes.pass(hub());

    expect(algorithmIn(passes)).toBe(algorithm);
    expect(targetsIn(passes)).toEqual([...left].sort());
  });
});

describe('the endpoints of a name', () => {
  it('stay in its tags as long as one of their addresses would stay, absence by absence', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());

    const { kept } = await passes.pass(hub(), spoke([]));
    expect(kept.map(({ reason }) => reason)).toEqual(['endpoint vpce-2 is not listed; absence 1 of 3, 0 of 180 s']);
    for (let pass = 0; pass < 2; pass += 1) {
      expect(idsOf(passes)).toContain('vpce-2');
      passes.clock.advance(100_000);
      await passes.pass(hub(), spoke([]));
    }

    expect(idsOf(passes)).toEqual(['vpce-1']);
    expect(targetsIn(passes)).toEqual([name]);
  });

  it('stay while their scope is unknown, even in a fresh container without last good', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());
    passes.plane.writes.length = 0;

    await passes.pass(hub(), unknownScope(undefined, spokeScope));
    await passes.pass(unknownScope(), unknownScope(undefined, spokeScope));

    expect(passes.plane.writes).toEqual([]);
  });

  it('stay while they are modified, and keep the name when the other endpoint ends', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());
    await passes.pass(hub([endpointOf({ state: 'pending' })]), spoke());

    await passes.pass(hub([endpointOf({ state: 'pending' })]), spoke([{ ...spokeEndpoint, state: 'rejected' }]));

    expect(targetsIn(passes)).toEqual([name]);
    expect(idsOf(passes)).toEqual(['vpce-1']);
  });

  it('leave in the pass that sees their end, with the reason', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());

    const { changes } = await passes.pass(hub(), spoke([{ ...spokeEndpoint, state: 'rejected' }]));

    expect(changes.map(({ kind, action, reason }) => [action, kind, reason])).toEqual([
      ['update', 'target', 'endpoints -vpce-2'],
    ]);
  });

  it('remove the name when all have ended, even the last', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());

    const { changes } = await passes.pass(
      hub([endpointOf({ state: 'deleted' })]),
      spoke([{ ...spokeEndpoint, state: 'rejected' }]),
    );

    expect(targetsIn(passes)).toEqual([]);
    expect(changes[0]).toMatchObject({ action: 'delete', isConfirmed: true });
    expect(changes[0]?.reason).toBe('endpoint vpce-1 is deleted, endpoint vpce-2 is rejected');
  });

  it('never remove the name by absence', async () => {
    const passes = passesVia(resolver);
    await passes.pass(hub(), spoke());

    for (let pass = 0; pass < 5; pass += 1) {
      passes.clock.advance(100_000);
      await passes.pass(hub([]), spoke([]));
    }

    expect(targetsIn(passes)).toEqual([name]);
    expect(idsOf(passes)).toHaveLength(1);
  });
});

function failure(): PrivatelinkError {
  return new PrivatelinkError('refused', { code: 'CONTROL_PLANE', fix: undefined });
}
