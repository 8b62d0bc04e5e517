import { type Labels, labelText, type Samples, type Series } from '#io/metrics/text';
import { type StageProgress, stageSteps } from '../../rollout/advance/progress';
import type { Sample } from '../../rollout/gates/gate';
import type { rolloutMetrics } from '../metrics/table';

/** Returns the samples of a stage in a rollout, none outside a rollout. */
export function rolloutSamples(progress?: StageProgress): Samples {
  const { step, until, gates = {} } = progress ?? {};
  const samples = Object.entries(gates);
  const measured = samples.flatMap(([gate, { value }]) => (value === undefined ? [] : [[{ gate }, value] as const]));
  const steps = step === undefined ? [] : stageSteps.map((one) => [{ step: one }, one === step ? 1 : 0] as const);
  const states = samples.flatMap(([gate, sample]) =>
    kinds.map((kind) => [{ gate, kind }, kind === sample.kind ? 1 : 0] as const),
  );
  return {
    kong_privatelink_rollout_step: seriesOf(steps),
    kong_privatelink_rollout_until_timestamp_seconds: until === undefined ? {} : { '': Date.parse(until) / 1_000 },
    kong_privatelink_rollout_gate: seriesOf(measured),
    kong_privatelink_rollout_gate_state: seriesOf(states),
  } satisfies Record<keyof typeof rolloutMetrics, Series>;
}

const kinds = ['pass', 'fail', 'inconclusive', 'pending'] as const satisfies readonly Sample['kind'][];

function seriesOf(values: readonly (readonly [Labels, number])[]): Series {
  return Object.fromEntries(values.map(([labels, value]) => [labelText(labels), value]));
}
