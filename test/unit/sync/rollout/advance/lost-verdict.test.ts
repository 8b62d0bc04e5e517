import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Report } from '#sync/pass/report';
import { createConductor } from '#sync/rollout/advance/conductor';
import { nothingRun } from '#sync/rollout/journal';
import type { StageSession } from '#sync/rollout/open-stages';
import { createFakeClock } from '../../../../support/passes';

const stateDir = mkdtempSync(join(tmpdir(), 'kong-privatelink-'));
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const revision = '000000000001';
const trial = { revision, parts: {}, before: {} };

describe('a verdict of a trial that cannot be recorded', () => {
  it('leads to a new trial after a while, not at once for ever', async () => {
    let warned = 0;
    const clock = createFakeClock();
    const session = {
      stage: 'canary',
      config: { stateDir, owner: 'test', controlPlane: { type: 'admin', address: 'http://127.0.0.1:1' } },
      rollout: {
        config: { settleSeconds: 1, bakeSeconds: 1, gates: { approval: false }, onFailure: 'halt' },
        gates: [{ name: 'bad', open: () => ({ everyMs: 10, sample: async () => ({ kind: 'fail', said: 'no' }) }) }],
      },
      remembered: {
        now: clock.now,
        journal: {
          read: async () => ({ state: { ...nothingRun, runs: revision, trial }, warnings: [] }),
          write: () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
        },
      },
    } as unknown as StageSession;
    const { signal } = new AbortController();
    const conductor = createConductor({ clock, signal, onChange: () => {}, onWarning: () => (warned += 1) });
    const pass = async () => {
      await conductor.after(session, {} as Report);
      const wasBusy = conductor.isBusy();
      await conductor.ended();
      return wasBusy;
    };

    const atOnce = [await pass(), await pass()];
    clock.advance(60_000);

    expect([atOnce, await pass(), warned]).toEqual([[true, false], true, 2]);
  });
});
