import { describe, expect, it } from '@jest/globals';
import { configSchema, type SnapshotConfig } from '#config/schema';
import { settleClaims } from '#core/claims/settle';
import type { ScopeState, Snapshot } from '#core/model';
import { createDiscoverer } from '#discovery/discover';
import { createSnapshotSource } from '#discovery/providers/snapshot';
import { serialiseSnapshot } from '#discovery/snapshot/file';
import type { ReadSnapshot } from '#discovery/snapshot/text';
import { holdPacked } from '#io/held';
import { endpointOf, hubScope, knownScope, snapshotOf, unknownScope } from '../../../support/builders';
import { createFakeClock } from '../../../support/passes';
import { firstOf, scopesOf } from '../../../support/sources';

const signal = new AbortController().signal;
const dayMs = 24 * 3_600_000;
const accountId = '111111111111';
const westScope = { ...hubScope, id: 'hub.self.us-west-2', region: 'us-west-2' };

function configOf(over: Readonly<Record<string, unknown>> = {}): SnapshotConfig {
  const { sources } = configSchema.parse({
    owner: 'test',
    sources: [{ type: 'snapshot', name: 'relay', file: '/snapshot.json', ...over }],
    controlPlane: { type: 'konnect', name: 'prod', token: 'kpat_test' },
  });
  const [source] = sources;
  if (source?.type !== 'snapshot') throw new Error('the schema gave another source');
  return source;
}

type Stage = { readonly nowMs?: number; readonly config?: SnapshotConfig; readonly owner?: string };

/** The answer of a source that reads `snapshot`, which `owner` wrote. */
async function discover(snapshot: Snapshot, { nowMs = 2_000, config = configOf(), owner = 'test' }: Stage = {}) {
  const read: ReadSnapshot = async () => ({ text: serialiseSnapshot(snapshot, owner) });
  const source = createSnapshotSource(config, { owner: 'test', clock: createFakeClock(nowMs), read, hold: holdPacked });
  return firstOf(source).discover(signal);
}

describe('a snapshot source', () => {
  it('is one scope, whatever scopes the snapshot has', () => {
    const source = createSnapshotSource(configOf(), {
      owner: 'test',
      clock: createFakeClock(),
      read: async () => undefined,
    });

    expect(scopesOf(source)).toEqual([
      { id: 'relay.snapshot.none', source: 'relay', account: 'snapshot', region: 'none' },
    ]);
  });

  it('returns the endpoints of all scopes as its own, with the time of their observation', async () => {
    const west = endpointOf({ id: 'vpce-0', scopeId: westScope.id });

    const answer = await discover(snapshotOf(knownScope([endpointOf()]), knownScope([west], [], westScope)));

    expect(answer).toEqual({
      endpoints: [
        { ...west, scopeId: 'relay.snapshot.none', observed: { scopeId: westScope.id, atMs: 1_000, accountId } },
        { ...endpointOf(), scopeId: 'relay.snapshot.none', observed: { scopeId: hubScope.id, atMs: 1_000, accountId } },
      ],
      quarantined: [],
      observedAtMs: 1_000,
    });
  });

  it.each(['', 'nowhere', 'fe80::1%eth0', '10.0.0.300'])(
    'fm-45 quarantines only the endpoint with the invalid address %j',
    async (ip) => {
      const bad = endpointOf({ id: 'vpce-bad', addresses: [{ ip, region: 'us-east-1' }] });

      const { endpoints, quarantined } = await discover(snapshotOf(knownScope([bad, endpointOf()])));

      expect(endpoints).toMatchObject([{ id: 'vpce-1' }]);
      expect(quarantined).toMatchObject([
        { endpointId: 'vpce-bad', code: 'missing-field', reason: `has the address "${ip}", but that is no IP address` },
      ]);
    },
  );

  it('fm-47 keeps no path for a domain that the endpoint may not claim, if its address is invalid', async () => {
    const bad = endpointOf({ id: 'vpce-bad', domain: 'victim', addresses: [{ ip: 'nowhere', region: 'us-east-1' }] });

    const { endpoints, quarantined } = await discover(snapshotOf(knownScope([bad])), {
      config: configOf({ allow: { domains: ['peer-*'] } }),
    });

    const states = [
      { status: 'known', scope: hubScope, observedAtMs: 1_000, discovered: { endpoints, quarantined } },
    ] as const;
    const shop = endpointOf({ id: 'vpce-shop', domain: 'shop', paths: ['/victim'] });
    const claims = settleClaims(snapshotOf(...states, knownScope([shop], [], westScope)));
    expect(quarantined).toMatchObject([{ endpointId: 'vpce-bad', code: 'domain-not-allowed' }]);
    expect(claims.domains).toMatchObject([{ name: 'shop', paths: ['/victim'] }]);
  });

  it('fm-40 is as old as its oldest scope, however new the file is', async () => {
    const stale = unknownScope([endpointOf({ id: 'vpce-old' })], westScope);
    const snapshot = { ...snapshotOf(knownScope([endpointOf()]), stale), takenAtMs: 36_000_000 };

    const { endpoints, observedAtMs } = await discover(snapshot, { nowMs: 36_001_000 });

    expect(observedAtMs).toBe(500);
    expect(endpoints.map(({ id, observed }) => [id, observed])).toEqual([
      ['vpce-1', { scopeId: hubScope.id, atMs: 1_000, accountId }],
      ['vpce-old', { scopeId: westScope.id, atMs: 500 }],
    ]);
  });

  it('fm-40 keeps the origin and the time of an observation when a snapshot is relayed again', async () => {
    const observed = { scopeId: 'first.self.us-east-1', atMs: 7 };

    const { endpoints } = await discover(snapshotOf(knownScope([endpointOf({ observed })])));

    expect(endpoints[0]?.observed).toEqual(observed);
  });

  it('fm-38 takes the newest observation of one endpoint in several scopes', async () => {
    const older = unknownScope([endpointOf({ state: 'rejected' })], westScope);

    const first = await discover(snapshotOf(knownScope([endpointOf()]), older));
    const second = await discover(snapshotOf(older, knownScope([endpointOf()])));

    expect([first, second].map(({ endpoints }) => endpoints.map(({ state }) => state))).toEqual([
      ['available'],
      ['available'],
    ]);
  });

  it('fm-41 returns no observation time later than now', async () => {
    const { endpoints, observedAtMs } = await discover(snapshotOf(knownScope([endpointOf()])), { nowMs: 400 });

    expect([observedAtMs, endpoints[0]?.observed?.atMs]).toEqual([400, 400]);
  });

  it('has the age of its snapshot, not of its last read', async () => {
    const clock = createFakeClock(61_000);
    const text = serialiseSnapshot(snapshotOf(knownScope([endpointOf()])), 'test');
    const source = createSnapshotSource(configOf(), {
      owner: 'test',
      clock,
      read: async () => ({ text }),
      hold: holdPacked,
    });

    const { takenAtMs, scopes } = await createDiscoverer([source], { clock }).discover(signal);

    expect(takenAtMs).toBe(61_000);
    expect(scopes).toMatchObject([{ status: 'known', observedAtMs: 1_000 }]);
  });

  it('uses the last good of an unknown scope in the snapshot', async () => {
    const { endpoints } = await discover(snapshotOf(unknownScope([endpointOf()])));

    expect(endpoints).toMatchObject([{ id: 'vpce-1' }]);
  });

  it('prefers a known scope to the last good of an unknown scope', async () => {
    const rejected = endpointOf({ state: 'rejected' });
    const remembered = unknownScope([endpointOf()], westScope);

    const { endpoints } = await discover(snapshotOf(knownScope([rejected]), remembered));

    expect(endpoints).toMatchObject([{ id: 'vpce-1', state: 'rejected' }]);
  });

  it('fm-03 is unknown when one scope of the snapshot has no last good, and names it with the reason', async () => {
    const pass = discover(snapshotOf(knownScope([endpointOf()]), unknownScope(undefined, westScope)));

    await expect(pass).rejects.toThrow(/source relay, \/snapshot\.json: .*hub\.self\.us-west-2 \(throttled\)/);
  });

  it('checks claims again against its own allow', async () => {
    const root = endpointOf({ id: 'vpce-2', domain: 'sd1', paths: ['/'], grantedPaths: ['/'] });
    const config = configOf({ allow: { domains: ['sd1', 'sd3'] } });
    const granted = endpointOf({ id: 'vpce-3', domain: 'sd3', paths: ['/sd2'], grantedPaths: ['/sd2'] });

    const { endpoints, quarantined } = await discover(snapshotOf(knownScope([endpointOf(), root, granted])), {
      config,
    });

    expect(endpoints).toMatchObject([{ id: 'vpce-3', grantedPaths: [] }]);
    expect(quarantined).toMatchObject([
      { endpointId: 'vpce-1', scopeId: 'relay.snapshot.none', domain: 'sd2', code: 'domain-not-allowed' },
      { endpointId: 'vpce-2', scopeId: 'relay.snapshot.none', domain: 'sd1', code: 'path-not-allowed' },
    ]);
  });

  it('passes on quarantined endpoints of the writer', async () => {
    const bad = { endpointId: 'vpce-9', scopeId: hubScope.id, code: 'bad-tag', reason: 'r', fix: 'f' } as const;

    const { quarantined } = await discover(snapshotOf(knownScope([], [bad])));

    expect(quarantined).toEqual([
      { ...bad, scopeId: 'relay.snapshot.none', observed: { scopeId: hubScope.id, atMs: 1_000, accountId } },
    ]);
  });

  describe('at repeated reads', () => {
    const startMs = 1_800_000_000_000;
    const text = (atMs: number) =>
      serialiseSnapshot(
        { takenAtMs: atMs, scopes: [{ ...knownScope([endpointOf()]), observedAtMs: atMs } as ScopeState] },
        'test',
      );

    /** Passes over files with these times; the clock is set in between. */
    async function agesOver(files: readonly number[], stepMs: number) {
      const clock = createFakeClock(startMs);
      const left = [...files];
      const read: ReadSnapshot = async () => ({ text: text(left.shift() ?? 0) });
      const discoverer = createDiscoverer([createSnapshotSource(configOf(), { owner: 'test', clock, read })], {
        clock,
      });
      const ages: (readonly unknown[])[] = [];
      for (const _ of files) {
        const { takenAtMs, scopes } = await discoverer.discover(signal);
        const [state] = scopes;
        if (state?.status !== 'known') throw new Error('the snapshot was not used');
        const [endpoint] = state.discovered.endpoints;
        ages.push([takenAtMs - state.observedAtMs, takenAtMs - (endpoint?.observed?.atMs ?? 0), state.observedAtMs]);
        clock.advance(60_000);
        clock.step(stepMs);
      }
      return ages;
    }

    it.each([-6, 6, 30 * 24])('fm-41 grows older, even when the clock is set by %i h', async (hours) => {
      const ages = await agesOver([startMs - 5_000, startMs - 5_000, startMs - 5_000], hours * 3_600_000);

      expect(ages.map((age) => age.slice(0, 2))).toEqual([
        [5_000, 5_000],
        [65_000, 65_000],
        [125_000, 125_000],
      ]);
    });

    it("fm-39 is one observation for an unchanged file, even if its writer's clock is ahead", async () => {
      const aheadMs = startMs + 300_000;

      const observed = (await agesOver([aheadMs, aheadMs, aheadMs + 1], 0)).map((age) => age[2]);

      expect(observed).toEqual([startMs, startMs, startMs + 120_000]);
    });
  });

  it.each([
    ['a day old', 1_000 + dayMs, true],
    ['older than a day', 1_001 + dayMs, false],
    ['more than a day ahead', 999 - dayMs, false],
  ])('accepts a snapshot that is %s: %#', async (_, nowMs, isUsed) => {
    const pass = discover(snapshotOf(knownScope([endpointOf()])), { nowMs });

    if (isUsed) await expect(pass).resolves.toMatchObject({ endpoints: [{ id: 'vpce-1' }] });
    else await expect(pass).rejects.toThrow(/1970-01-01T00:00:01.000Z, more than 24 h from now; let its writer run/);
  });

  it('fm-10 refuses the snapshot of another owner, and names source, place and fix', async () => {
    const pass = discover(snapshotOf(), { owner: 'other' });

    await expect(pass).rejects.toThrow(
      /source relay, \/snapshot\.json: the snapshot belongs to owner other, not to test; take/,
    );
  });

  it('asks with the ETag of its last usable answer, and uses that answer at 304', async () => {
    const asked: (string | undefined)[] = [];
    const good = serialiseSnapshot(snapshotOf(knownScope([endpointOf()])), 'test');
    const answers = [{ text: good, etag: '"1"' }, { text: '<html>', etag: '"2"' }, undefined];
    const read: ReadSnapshot = async (etag) => {
      asked.push(etag);
      return answers.shift();
    };
    const source = createSnapshotSource(configOf(), {
      owner: 'test',
      clock: createFakeClock(),
      read,
      hold: holdPacked,
    });
    const pass = () => firstOf(source).discover(signal);

    await pass();
    await expect(pass()).rejects.toThrow('HTML');
    const unchanged = await pass();

    expect(asked).toEqual([undefined, '"1"', '"1"']);
    expect(unchanged.endpoints).toMatchObject([{ id: 'vpce-1' }]);
  });

  it('refuses a server that answers 304 without an earlier answer', async () => {
    const source = createSnapshotSource(configOf(), {
      owner: 'test',
      clock: createFakeClock(),
      read: async () => undefined,
    });

    await expect(firstOf(source).discover(signal)).rejects.toThrow('never gave');
  });
});
