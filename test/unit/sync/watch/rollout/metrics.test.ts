import { describe, expect, it } from '@jest/globals';
import { renderMetrics } from '#io/metrics/text';
import { stageSteps } from '#sync/rollout/advance/progress';
import { rolloutMetrics, workerMetrics } from '#sync/watch/metrics/table';
import { rolloutSamples } from '#sync/watch/rollout/metrics';

describe('metrics of a rollout', () => {
  it('do not exist where no stage is in a rollout', () => {
    expect(renderMetrics(workerMetrics, rolloutSamples())).toBe('');
  });

  it('show for each step whether a stage is at it, until when, and the answers of gates', () => {
    const until = '2026-01-01T00:00:00Z';
    const samples = rolloutSamples({
      stage: 'canary',
      step: 'baking',
      until,
      gates: { requests: { kind: 'pass', said: 'fine', value: 0 }, dataPlanes: { kind: 'inconclusive', said: 'away' } },
    });

    expect(Object.keys(samples).sort()).toEqual(Object.keys(rolloutMetrics).sort());
    expect(Object.values(samples.kong_privatelink_rollout_step ?? {})).toHaveLength(stageSteps.length);
    const lines = renderMetrics(workerMetrics, samples).split('\n');
    expect(lines.filter((line) => /^kong.* [^0]/.test(line))).toEqual([
      'kong_privatelink_rollout_step{step="baking"} 1',
      `kong_privatelink_rollout_until_timestamp_seconds ${Date.parse(until) / 1_000}`,
      'kong_privatelink_rollout_gate_state{gate="requests",kind="pass"} 1',
      'kong_privatelink_rollout_gate_state{gate="dataPlanes",kind="inconclusive"} 1',
    ]);
    expect(lines).toContain('kong_privatelink_rollout_gate{gate="requests"} 0');
    expect(lines).toContain('kong_privatelink_rollout_gate_state{gate="requests",kind="fail"} 0');
  });
});
