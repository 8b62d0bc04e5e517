import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema, type SourceConfig } from '#config/schema';
import type { Scope, Snapshot } from '#core/model';
import { openLastGoodStore } from '#discovery/snapshot/last-good-files';
import { endpointOf, knownScope } from '../../../support/builders';
import { createFakeClock } from '../../../support/passes';

const older = join(__dirname, '../../../fixtures/goldens/state-430102d');
const roleArn = 'arn:aws:iam::222222222222:role/reader';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const aws = { type: 'vpc-endpoints', accounts: [{ roleArn }], regions: ['us-east-1'] };

function parseSource(source: object): SourceConfig {
  const [parsed] = configSchema.parse({
    owner: 'test',
    sources: [source],
    controlPlane: { type: 'file', path: 'kong.yaml' },
  }).sources;
  if (!parsed) throw new Error('the schema gave no source');
  return parsed;
}

function sourceOf(name: string, over: object = {}): SourceConfig {
  return parseSource({ name, ...aws, ...over });
}

function relayOf(over: object): SourceConfig {
  return parseSource({ name: 'relay', type: 'snapshot', ...over });
}

function open(sources: readonly SourceConfig[], isDataPlane = false) {
  return openLastGoodStore(
    { stateDir: folder, owner: 'test', sources, isDataPlane },
    createFakeClock(1_800_000_000_000),
  );
}

function scopeOf(source: string): Scope {
  return { id: `${source}.222222222222.us-east-1`, source, account: '222222222222', region: 'us-east-1' };
}

function snapshotOf(...sources: readonly string[]): Snapshot {
  const scopes = sources.map((source) => knownScope([endpointOf({ id: `vpce-${source}` })], [], scopeOf(source)));
  return { takenAtMs: 1_800_000_000_000, scopes };
}

/** Ids of the endpoints with which a process of these sources starts. */
async function knownTo(sources: readonly SourceConfig[], isDataPlane = false) {
  const { known, warning } = await open(sources, isDataPlane).read();
  return [
    ...[...known.values()].flatMap((good) => good.discovered.endpoints.map(({ id }) => id)),
    ...(warning ? [warning] : []),
  ];
}

describe('last good of several sources', () => {
  it('outlives the process', async () => {
    await open([sourceOf('hub'), sourceOf('spare')]).write(snapshotOf('hub', 'spare'));

    expect(await knownTo([sourceOf('hub'), sourceOf('spare')])).toEqual(['vpce-hub', 'vpce-spare']);
  });

  it('fm-42 is separate for two configurations of one owner', async () => {
    await open([sourceOf('hub')]).write(snapshotOf('hub'));
    await open([sourceOf('hub', { vpcs: ['vpc-1'] })]).write({
      ...snapshotOf('hub'),
      scopes: [knownScope([], [], scopeOf('hub'))],
    });

    expect(await knownTo([sourceOf('hub')])).toEqual(['vpce-hub']);
    expect(await knownTo([sourceOf('hub', { vpcs: ['vpc-1'] })])).toEqual([]);
  });

  it('stays for the other sources when a source is added, or removed', async () => {
    await open([sourceOf('hub'), sourceOf('spare')]).write(snapshotOf('hub', 'spare'));

    expect(await knownTo([sourceOf('hub'), sourceOf('new')])).toEqual(['vpce-hub']);
  });

  it('fm-42 is separate for a data plane and a worker', async () => {
    await open([sourceOf('hub')], true).write(snapshotOf('hub'));

    expect([await knownTo([sourceOf('hub')]), await knownTo([sourceOf('hub')], true)]).toEqual([[], ['vpce-hub']]);
  });

  it.each([
    ['another token', { url: 'https://relay.example/s', token: 'two' }, ['vpce-relay']],
    ['another signature', { url: 'https://relay.example/s?signature=2', token: 'one' }, ['vpce-relay']],
    ['another place', { url: 'https://relay.example/other', token: 'one' }, []],
    ['another allow', { url: 'https://relay.example/s', token: 'one', allow: { domains: ['sd1'] } }, []],
  ])('is found again with %s: %#', async (_, over, expected) => {
    await open([relayOf({ url: 'https://relay.example/s?signature=1', token: 'one' })]).write(snapshotOf('relay'));

    expect(await knownTo([relayOf(over)])).toEqual(expected);
  });
});

describe('last good of version 0e2421d', () => {
  it('is read by a new process', async () => {
    cpSync(join(older, '../state-0e2421d'), folder, { recursive: true });

    expect(await knownTo([sourceOf('hub')])).toEqual(['vpce-0123456789abcdef0']);
  });
});

describe('last good of version 430102d', () => {
  beforeEach(() => cpSync(older, folder, { recursive: true }));

  const names = () => readdirSync(folder).filter((name) => name.startsWith('last-good'));

  it.each([false, true])('fm-42 is migrated, and then removed (data plane: %s)', async (isDataPlane) => {
    const store = open([sourceOf('hub')], isDataPlane);
    const name = isDataPlane ? 'last-good.test.data-plane.json' : 'last-good.test.json';

    const { known, warning } = await store.read();
    const before = names();
    await store.write(snapshotOf('hub'));

    expect(warning).toBeUndefined();
    expect([...known]).toMatchObject([
      [scopeOf('hub').id, { observedAtMs: 1_763_700_000_000, discovered: { endpoints: [{ domain: 'sd2' }] } }],
    ]);
    expect([before.includes(name), names().includes(name)]).toEqual([true, false]);
    expect(await knownTo([sourceOf('hub')], isDataPlane)).toEqual(['vpce-hub']);
  });

  it('fm-42 stays in its place until a process writes', async () => {
    await open([sourceOf('hub')]).read();

    expect(names().sort()).toEqual(['last-good.test.data-plane.json', 'last-good.test.json']);
  });

  it('fm-42 replaces ours when it is there again, because that version was the last to run', async () => {
    const store = open([sourceOf('hub')]);
    await store.read();
    await store.write(snapshotOf('hub'));
    cpSync(older, folder, { recursive: true });

    expect(await knownTo([sourceOf('hub')])).toEqual(['vpce-0123456789abcdef0']);
  });

  it('is replaced with a warning where it is unusable, and our own file is used', async () => {
    const store = open([sourceOf('hub')]);
    await store.read();
    await store.write(snapshotOf('hub'));
    writeFileSync(join(folder, 'last-good.test.json'), '{"version":1');
    const next = open([sourceOf('hub')]);

    const { known, warning } = await next.read();
    await next.write(snapshotOf('hub'));

    expect([[...known.keys()], warning]).toEqual([[scopeOf('hub').id], expect.stringContaining('cut short')]);
    expect(names()).not.toContain('last-good.test.json');
  });
});
