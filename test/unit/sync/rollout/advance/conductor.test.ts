import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import type { Report } from '#sync/pass/report';
import { createConductor } from '#sync/rollout/advance/conductor';
import { nothingRun, type StageState } from '#sync/rollout/journal';
import type { StageSession } from '#sync/rollout/open-stages';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const runs = 'aaaaaaaaaaaa';
const report = { owner: 'test', scopes: [], quarantined: [], changes: [], kept: [], warnings: [] } as Report;

/** A stage whose journal says that. */
function stageAt(state: () => StageState): StageSession {
  const session: unknown = {
    stage: 'canary',
    rollout: { config: { onFailure: 'rollback', gates: {} } },
    remembered: { journal: { read: async () => ({ state: state(), warnings: [] }) } },
    config: { stateDir, owner: 'test', controlPlane: { type: 'admin', address: 'http://127.0.0.1:1' } },
  };
  return session as StageSession;
}

it('tells once of a stage that has to go back and cannot, however many passes find it so', async () => {
  const verdict = (atMs: number) => ({ kind: 'fail', gate: 'requests', reason: 'requests: 503', atMs }) as const;
  const failedAt = (atMs: number): StageState => ({
    ...nothingRun,
    runs,
    trial: { revision: runs, parts: {}, before: {}, verdict: verdict(atMs) },
  });
  let state = failedAt(1);
  const told: string[] = [];
  const conductor = createConductor({
    clock: systemClock,
    signal: new AbortController().signal,
    onChange: () => told.push('again'),
    onEvent: ({ event }) => told.push(event),
    onWarning: (warning) => told.push(warning),
  });
  const session = stageAt(() => state);

  for (let pass = 0; pass < 3; pass += 1) await conductor.after(session, report);
  const once = ['halt', 'stage canary does not go back: nothing is known that it ran before'];
  expect(told).toEqual(once);

  state = failedAt(2);
  await conductor.after(session, report);
  expect(told).toEqual([...once, ...once]);
});
