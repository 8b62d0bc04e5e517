import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { emptyBase } from '#deck/file/base';
import { openJournal } from '#sync/rollout/journal';
import { openMemory } from '#sync/rollout/memory';
import { openRevisions } from '#sync/rollout/revisions';
import { endpointOf, knownScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const scope = knownScope([endpointOf()]);

function full(): Promise<never> {
  return Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
}

it.each(['the journal', 'the revision'])(
  'the running revision is recorded once there is space again, where %s found none',
  async (what) => {
    const place = { stateDir, owner: 'test', controlPlane: { type: 'memory' } };
    const [journal, revisions] = [openJournal(place), openRevisions(place)];
    const { plane, deps, pass } = createPasses();
    let isFull = false;
    const memory = openMemory({
      ...{ stateDir, affinity: 'none', base: [], by: {}, now: () => 1 },
      journal: {
        read: journal.read,
        write: (state) => (isFull && what === 'the journal' ? full() : journal.write(state)),
      },
      revisions: { ...revisions, keep: (one) => (isFull && what === 'the revision' ? full() : revisions.keep(one)) },
      withBase: () => ({ controlPlane: plane, base: emptyBase }),
    });
    Object.assign(deps, { memory });
    await pass(scope);
    const { runs: first } = (await journal.read()).state;

    isFull = true;
    Object.assign(deps, { settings: { sd2: { healthcheck: { path: '/ok' } } } });
    const { warnings } = await pass(scope);
    await pass(scope);
    isFull = false;
    await pass(scope);

    const { runs, history, isWhole } = (await journal.read()).state;
    expect(warnings).toContainEqual(expect.stringContaining('free space on its disk'));
    expect([isWhole, history.map(({ revision }) => revision)]).toEqual([true, [first, runs]]);
    expect(runs).not.toBe(first);
    expect(await revisions.read(runs ?? '')).toBeDefined();
  },
);
