import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type PlanFile, parsePlan, readPlan, serialisePlan } from '#sync/pass/plan-file';

const folder = mkdtempSync(join(tmpdir(), 'plan-file-'));
const path = join(folder, 'plan.json');
const plan: PlanFile = {
  owner: 'team-a',
  controlPlane: { type: 'konnect', name: 'prod' },
  base: 'abc',
  createdAtMs: 0,
  changes: [],
};

afterAll(() => rmSync(folder, { recursive: true }));

describe('readPlan', () => {
  it.each<[string, Partial<PlanFile>, string]>([
    ['owner', { owner: 'team-b' }, 'use the configuration of owner team-a instead'],
    [
      'control plane',
      { controlPlane: { type: 'konnect', name: 'test' } },
      'use the configuration of prod instead, or make a new plan with diff --out',
    ],
    ['base', { base: 'def' }, 'make a new plan with diff --out'],
  ])('names the fix for a plan of another %s', async (_, over, fix) => {
    writeFileSync(path, serialisePlan(plan));

    await expect(readPlan(path, { ...plan, ...over })).rejects.toThrow(new RegExp(`; ${fix}$`));
  });

  it('names the missing file', async () => {
    await expect(readPlan(join(folder, 'nope.json'), plan)).rejects.toThrow(
      /it cannot be read \(.*ENOENT.*; name the file that diff --out wrote$/,
    );
  });
});

describe('a plan of version 0e2421d', () => {
  const golden = join(__dirname, '../../../fixtures/goldens/state-0e2421d/plan.json');
  const older = readFileSync(golden, 'utf8');

  it('is read with its approved changes', () => {
    const { plan: content } = JSON.parse(older);

    expect(parsePlan(older, golden)).toEqual(content);
    expect(parsePlan(serialisePlan(parsePlan(older, golden)), golden)).toEqual(content);
  });

  it('is refused after an edit', () => {
    expect(() => parsePlan(older.replaceAll('10.0.1.11', '10.0.1.66'), golden)).toThrow('changed after it was written');
  });
});
