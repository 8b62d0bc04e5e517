import type { MetricGateConfig, RequestGateConfig, RolloutConfig } from '#config/rollout';
import type { Clock } from '#core/timing/clock';
import type { OpenBackend } from '../../control-planes/backend';
import { createAsk, forStage, ofStage, openDispatcher } from './ask';
import { createDataPlaneGate } from './data-planes';
import type { Sample, StageGate } from './gate';
import { createKonnectGate } from './konnect-metric';
import { createPrometheusGate } from './prometheus';
import { createRequestGate } from './requests';

export type GatesOptions = {
  readonly stage: string;
  /** Backend of the stage's control plane. */
  readonly backend: Pick<OpenBackend, 'readNodes' | 'measure'>;
  readonly clock: Clock;
};

/** Opens all gates of a stage except the approval; makes no call yet. */
export function openGates({ gates }: Pick<RolloutConfig, 'gates'>, options: GatesOptions): readonly StageGate[] {
  return openAll(gates, options, (requests) => (requests.length > 0 ? [requests] : [])).map(withOwnName);
}

/**
 * Makes the names of gates unique, since others find gates by name. Two metrics may have one name,
 * or the name of another gate.
 */
function withOwnName(gate: StageGate, index: number, all: readonly StageGate[]): StageGate {
  const before = all.slice(0, index).filter(({ name }) => name === gate.name).length;
  return before === 0 ? gate : { ...gate, name: `${gate.name} (${before + 1})` };
}

/** Result of a gate for the present. */
export type GateCheck = Pick<Sample, 'kind' | 'said'> & { readonly name: string };

/**
 * Takes one sample of each gate for the present, as if a bake were over, with one sample for each
 * request. Rejects only with the signal's reason.
 */
export async function checkGates(
  { gates }: Pick<RolloutConfig, 'gates'>,
  options: GatesOptions,
  signal: AbortSignal,
): Promise<readonly GateCheck[]> {
  // Each request gets its own gate, which waits for the answer.
  const all = openAll(gates, options, (requests) => requests.map((one) => [one]));
  return Promise.all(all.map((gate) => checkGate(gate, options.clock, signal)));
}

/** Hashes of status URLs must agree twice. */
const againMs = 1_000;

async function checkGate(gate: StageGate, clock: Clock, signal: AbortSignal): Promise<GateCheck> {
  // The present configuration of data planes is the expected one.
  const before = gate.isOfSettling ? undefined : await gate.readBefore?.(signal);
  const sampler = gate.open({ bakingMs: () => Number.POSITIVE_INFINITY, settleMs: 0, before });
  let sample = await sampler.sample(signal);
  if (gate.isOfSettling && sample.kind !== 'pass') {
    await clock.sleep(againMs, signal);
    sample = await sampler.sample(signal);
  }
  return { name: gate.name, kind: sample.kind, said: sample.said };
}

type Requests = readonly RequestGateConfig[];

/** `apart` groups the requests into gates. */
function openAll(
  gates: RolloutConfig['gates'],
  { stage, backend, clock }: GatesOptions,
  apart: (requests: Requests) => readonly Requests[],
): readonly StageGate[] {
  const dispatcher = openDispatcher();
  const ask = createAsk(dispatcher);
  const urls = ofStage(gates.status, stage).map(({ url }) => forStage(url, stage));
  const { readNodes, measure } = backend;
  const openMetric = (metric: MetricGateConfig) =>
    metric.type === 'konnect' ? createKonnectGate(metric, measure) : createPrometheusGate(metric, stage, ask);
  return [
    createDataPlaneGate({ mode: gates.dataPlanes, readNodes, urls, ask, clock }),
    ...apart(ofStage(gates.requests, stage)).map((some) => createRequestGate(some, { stage, clock, dispatcher })),
    ...ofStage(gates.metrics, stage).map(openMetric),
  ];
}
