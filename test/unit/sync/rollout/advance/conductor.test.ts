import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { systemClock } from '#io/clock';
import type { Report } from '#sync/pass/report';
import { createConductor } from '#sync/rollout/advance/conductor';
import type { Sample, StageGate } from '#sync/rollout/gates/gate';
import { type Journal, nothingRun, type StageState } from '#sync/rollout/journal';
import type { StageSession } from '#sync/rollout/open-stages';

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
});

afterEach(() => rmSync(stateDir, { recursive: true }));

const runs = 'aaaaaaaaaaaa';
const report = { owner: 'test', scopes: [], quarantined: [], changes: [], kept: [], warnings: [] } as Report;

/** A journal in memory. */
function journalOf(state: StageState): Journal {
  let now = state;
  return {
    read: async () => ({ state: now, warnings: [] }),
    write: async (next) => {
      now = next;
    },
  };
}

type At = {
  readonly journal: Pick<Journal, 'read'>;
  readonly onFailure?: string;
  readonly gates?: readonly StageGate[];
};

function stageAt({ journal, onFailure = 'rollback', gates = [] }: At): StageSession {
  const session: unknown = {
    stage: 'canary',
    rollout: { config: { onFailure, gates: {}, settleSeconds: 60, bakeSeconds: 60 }, gates },
    remembered: { journal, now: () => 1 },
    config: { stateDir, owner: 'test', controlPlane: { type: 'admin', address: 'http://127.0.0.1:1' } },
  };
  return session as StageSession;
}

it('a stage that cannot roll back is reported once, however many passes find it so', async () => {
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
  const session = stageAt({ journal: { read: async () => ({ state, warnings: [] }) } });

  for (let pass = 0; pass < 3; pass += 1) await conductor.after(session, report);
  const once = ['halt', 'stage canary does not roll back: no revision that it ran before is known'];
  expect(told).toEqual(once);

  state = failedAt(2);
  await conductor.after(session, report);
  expect(told).toEqual([...once, ...once]);
});

it('a trial ends by the configuration at its end, and not by the one at its begin', async () => {
  const trial = { revision: runs, parts: {}, before: {} };
  const journal = journalOf({ ...nothingRun, runs, trial });
  let fail: (sample: Sample) => void = () => {};
  const sample = new Promise<Sample>((resolve) => {
    fail = resolve;
  });
  const gates: readonly StageGate[] = [{ name: 'requests', open: () => ({ everyMs: 10, sample: () => sample }) }];
  const told: string[] = [];
  const ended = new Promise<void>((resolve) => {
    const conductor = createConductor({
      clock: systemClock,
      signal: new AbortController().signal,
      onChange: resolve,
      onEvent: ({ event }) => told.push(event),
      onWarning: (warning) => told.push(warning),
    });
    void conductor
      .after(stageAt({ journal, gates }), report)
      .then(() => conductor.after(stageAt({ journal, gates, onFailure: 'halt' }), report))
      .then(() => fail({ kind: 'fail', said: '503' }));
  });

  await ended;

  expect(told).toEqual(['halt']);
});
