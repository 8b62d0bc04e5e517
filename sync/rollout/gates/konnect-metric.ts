import type { KonnectGateConfig } from '#config/rollout';
import { messageLineOf } from '#core/errors';
import { printable } from '#core/printable';
import type { TakeMeasure } from '../../control-planes/backend';
import type { StageGate } from './gate';
import { createMetricGate, type Reading } from './metric-gate';

/** Konnect counts by the minute, so earlier samples are not new. */
const everyMs = 60_000;

const units = { error_rate: ' %', upstream_latency_p99: ' ms' } as const;

/**
 * Makes a gate from Konnect's analytics of the stage's control plane. `measure` undefined: the
 * control plane is not in Konnect.
 */
export function createKonnectGate(config: KonnectGateConfig, measure: TakeMeasure | undefined): StageGate {
  const { metric, windowSeconds } = config;
  return createMetricGate(config, {
    everyMs,
    unit: units[metric],
    read: async (signal, trial) => {
      if (!measure) return { problem: notKonnect };
      // The window ends at a whole minute, so it would reach back before the bake.
      if (trial && (trial.bakingMs() ?? 0) < windowSeconds * 1_000 + everyMs)
        return { problem: `its window of ${windowSeconds} s is not over yet`, isEarly: true };
      try {
        return readingOf(config, await measure({ metric, windowSeconds }, signal));
      } catch (thrown) {
        signal.throwIfAborted();
        return { problem: printable(messageLineOf(thrown)) };
      }
    },
  });
}

const notKonnect =
  'the control plane of this stage is not in Konnect; use a metric of type prometheus, or set the stage of the metric';

function readingOf(
  { metric, windowSeconds, minRequests }: KonnectGateConfig,
  { value, requests }: Awaited<ReturnType<TakeMeasure>>,
): Reading {
  if (requests < minRequests)
    return {
      problem: `${requests} requests in ${windowSeconds} s are too few, at least ${minRequests} are needed; send more, lower minRequests, or lengthen windowSeconds`,
    };
  if (value === undefined) return { problem: `Konnect has no ${metric} for ${requests} requests yet; try again later` };
  return { value };
}
