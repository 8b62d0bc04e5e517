import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Entity } from '#deck/document';
import { type Revision, revisionOf } from '#deck/revision';
import { nothingRun, openJournal, type Run, type StageState } from '#sync/rollout/journal';
import { openRevisions, type Revisions } from '#sync/rollout/revisions';

let stateDir: string;
let revisions: Revisions;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
  revisions = openRevisions({ stateDir, owner: 'test' });
});

afterEach(() => rmSync(stateDir, { recursive: true }));

function upstreamOf(domain: string): Entity {
  const healthchecks = { active: { http_path: '/', healthy: { http_statuses: [200, 201] } } };
  const fields = { name: `${domain}.privatelink`, healthchecks };
  return { kind: 'upstream', key: `${domain}.privatelink`, domain, fields, tags: [] };
}

function revision(...domains: readonly string[]): Revision {
  const base = [{ path: 'base.yaml', text: 'services: []' }];
  return revisionOf({ desired: domains.map(upstreamOf), held: [], affinity: 'weighted', base });
}

const pathOf = ({ id }: Revision) => join(stateDir, `revision.test.${id}.json`);
const dayAgo = Date.now() / 1_000 - 86_400;
const age = (one: Revision) => utimesSync(pathOf(one), dayAgo, dayAgo);

function journalOf(name: string, state: Partial<StageState>, owner = 'test'): Promise<void> {
  const journal = openJournal({ stateDir, owner, controlPlane: { type: 'konnect', name } });
  return journal.write({ ...nothingRun, ...state });
}

const ran = ({ id }: Revision, atMs: number): Run => ({ atMs, revision: id, how: 'sync', by: {}, changes: '' });

/** That many revisions, a day old. */
async function keepOld(count: number): Promise<readonly Revision[]> {
  const all = Array.from({ length: count }, (_, index) => revision(`sd${index}`));
  for (const one of all) {
    await revisions.keep(one);
    age(one);
  }
  return all;
}

describe('a kept revision', () => {
  it('is read back unchanged, and only by its owner', async () => {
    const kept = revision('sd2', 'sd3');
    await revisions.keep(kept);

    expect(await revisions.read(kept.id)).toEqual(kept);
    expect(await revisions.list()).toEqual([kept.id]);
    expect(await openRevisions({ stateDir, owner: 'other' }).list()).toEqual([]);
  });

  it('is readable by this user only, and holds shared fields of many upstreams once', async () => {
    const kept = revision('sd2', 'sd3', 'sd4');
    await revisions.keep(kept);

    expect(statSync(pathOf(kept)).mode & 0o777).toBe(0o600);
    expect(readFileSync(pathOf(kept), 'utf8').match(/http_statuses/g)).toHaveLength(1);
  });

  it('is undefined without a file, and refused if it is damaged', async () => {
    const kept = revision('sd2');
    await revisions.keep(kept);
    writeFileSync(pathOf(kept), readFileSync(pathOf(kept), 'utf8').replace('sd2', 'sd9'));

    expect(await revisions.read('0'.repeat(12))).toBeUndefined();
    await expect(revisions.read(kept.id)).rejects.toMatchObject({
      code: 'STATE',
      fix: expect.stringContaining('history lists them'),
    });
  });

  it('is undefined without a stateDir', async () => {
    const none = openRevisions({ stateDir: join(stateDir, 'none'), owner: 'test' });

    expect([await none.list(), await none.read('0'.repeat(12)), await none.prune()]).toEqual([
      [],
      undefined,
      undefined,
    ]);
  });
});

describe('the kept revisions', () => {
  const kept = async () => new Set(await revisions.list());

  it('are the last twenty of all stages, and those that a stage runs, is pinned to, or has left', async () => {
    const all = await keepOld(30);
    const [runs, pinned, left] = all.map(({ id }) => id);
    await journalOf('eu', { history: all.slice(5, 17).map(ran), runs, pin: { revision: pinned ?? '', left } });
    await journalOf('us', { history: all.slice(10, 30).map((one, index) => ran(one, 5 + index)) });
    await revisions.keep(revision('young'));

    await revisions.prune();

    const expected = [...all.slice(0, 3), ...all.slice(10), revision('young')].map(({ id }) => id);
    expect(await kept()).toEqual(new Set(expected));
  });

  it('are all of them while a journal is unreadable, because it may name any', async () => {
    const all = await keepOld(3);
    await journalOf('eu', {});
    const name = readdirSync(stateDir).find((one) => one.startsWith('stage.')) ?? '';
    writeFileSync(join(stateDir, name), '{}');
    await revisions.keep(revision('young'));

    await revisions.prune();

    expect((await kept()).size).toBe(all.length + 1);
  });

  it('include those of other owners, and files of other kinds', async () => {
    await keepOld(1);
    const other = openRevisions({ stateDir, owner: 'test.2' });
    await other.keep(revision('sd2'));
    const foreign = ['revision.test.json', 'revision.test.xyz.json', 'revision.test.0123456789ab.json.bak'];
    for (const name of foreign) writeFileSync(join(stateDir, name), '');
    for (const name of readdirSync(stateDir)) utimesSync(join(stateDir, name), dayAgo, dayAgo);
    const young = revision('young');
    await revisions.keep(young);

    await revisions.prune();

    expect([await revisions.list(), await other.list()]).toEqual([[young.id], [revision('sd2').id]]);
    expect(readdirSync(stateDir)).toEqual(expect.arrayContaining(foreign));
  });
});
