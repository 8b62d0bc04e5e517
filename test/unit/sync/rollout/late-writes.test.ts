import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { emptyBase } from '#deck/file/base';
import { type Journal, nothingRun, openJournal } from '#sync/rollout/journal';
import { openMemory } from '#sync/rollout/memory';
import { openRevisions } from '#sync/rollout/revisions';
import { endpointOf, knownScope } from '../../../support/builders';
import { createPasses } from '../../../support/passes';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const pin = { revision: '0123456789ab', left: 'ba9876543210' };

/** A pass with a memory on a real disk. Another process rolls back during the pass. */
function open() {
  const place = { stateDir, owner: 'test', controlPlane: { type: 'memory' } };
  const journal = openJournal(place);
  const passes = createPasses();
  const memory = openMemory({
    ...{ journal, revisions: openRevisions(place), stateDir, affinity: 'none', base: [], by: {}, now: () => 1 },
    withBase: () => ({ controlPlane: passes.plane, base: emptyBase }),
  });
  return { memory, journal, rollBack: async () => openJournal(place).write({ ...nothingRun, pin }), ...passes };
}

const pinIn = async (journal: Journal) => (await journal.read()).state.pin;
const scope = knownScope([endpointOf()]);

function taken(): never {
  throw new PrivatelinkError('another process writes', { code: 'OTHER_WRITER', fix: 'wait' });
}

it('a pass keeps the record of another process after it stood still before its first write', async () => {
  const { deps, journal, memory, rollBack, pass, plane } = open();
  // The plan was read before the other process rolled back.
  const readPin: typeof memory.readPin = (held) => memory.readPin(held).finally(rollBack);
  Object.assign(deps, { memory: { ...memory, readPin }, mayWrite: taken });

  await expect(pass(scope)).rejects.toMatchObject({ code: 'OTHER_WRITER' });
  expect([await pinIn(journal), plane.writes]).toEqual([pin, []]);
});

it('a pass keeps the record of another process after it stood still after its last write', async () => {
  const { deps, journal, memory, rollBack, pass, plane } = open();
  let isTaken = false;
  Object.assign(deps, {
    memory,
    prepare: async () => rollBack().then(() => []),
    mayWrite: () => (isTaken ? taken() : undefined),
    onApplied: (_: unknown, total: number) => {
      isTaken = plane.writes.length === total;
    },
  });

  await pass(scope);

  expect(await pinIn(journal)).toEqual(pin);
});
