import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type PlanFile, readPlan, serialisePlan } from '#sync/pass/plan-file';

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
      'use the configuration of prod instead, or make the plan anew with diff --out',
    ],
    ['base', { base: 'def' }, 'make it anew with diff --out'],
  ])('says what mends a plan of another %s', async (_, over, fix) => {
    writeFileSync(path, serialisePlan(plan));

    await expect(readPlan(path, { ...plan, ...over })).rejects.toThrow(new RegExp(`; ${fix}$`));
  });

  it('asks for the right name when there is no such file', async () => {
    await expect(readPlan(join(folder, 'nope.json'), plan)).rejects.toThrow(
      /it cannot be read \(.*ENOENT.*; name the file that diff --out wrote$/,
    );
  });
});
