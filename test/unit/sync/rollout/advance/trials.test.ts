import { expect, it } from '@jest/globals';
import { createTrials } from '#sync/rollout/advance/trials';
import type { Baseline, StageGate } from '#sync/rollout/gates/gate';
import type { StageTrial } from '#sync/rollout/journal';
import type { StageSession } from '#sync/rollout/open-stages';
import { createSleepingClock } from '../../../../support/rollout/clocks';
import { until } from '../../../../support/until';

it.each([
  ['the measure before its revision', undefined, { errors: 1 }],
  ['the present measure, if the stage has run the revision for long', true, { errors: 5 }],
])('a trial compares with %s', async (_, isFound, before) => {
  const stop = new AbortController();
  const seen: Record<string, Baseline | undefined> = {};
  const gate = (name: string): StageGate => ({
    name,
    open: (trial) => {
      if (trial.before !== undefined) seen[name] = trial.before;
      return { everyMs: 1_000, sample: async () => ({ kind: 'pass', said: '' }) };
    },
  });
  const session: unknown = {
    rollout: {
      config: { settleSeconds: 60, bakeSeconds: 60, gates: {} },
      gates: [gate('errors'), gate('dataPlanes')],
      turn: { readBefore: async () => ({ errors: 5, dataPlanes: 'hash' }) },
    },
    config: { controlPlane: { type: 'admin' } },
  };
  const trial: StageTrial = { revision: 'aaaaaaaaaaaa', parts: {}, before: { errors: 1 }, isFound };
  const ignore = () => {};
  const trials = createTrials({
    ...{ clock: createSleepingClock(), signal: stop.signal, onWarning: ignore },
    ...{ onProgress: ignore, onDecided: async () => {}, onChange: ignore, sessionOf: () => undefined },
  });

  trials.start(session as StageSession, 'canary', trial);
  await until('a gate is opened', () => Object.keys(seen).length > 0);
  stop.abort();
  await trials.ended();

  expect(seen).toEqual(before);
});
