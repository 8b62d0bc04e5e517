import { namedInGates } from '#config/stages';
import { backendOf } from '../control-planes/backends';
import { type Diagnosis, ok, warning } from '../control-planes/diagnosis';
import { wavesOf } from '../rollout/advance/waves';
import { checkGates, type GateCheck } from '../rollout/gates/gates';
import type { Context } from './context';

/** Returns the current result of each gate of the stage, one line each. */
export async function checkGatesNow(
  { config: { rollout, stage, controlPlane }, held, clock }: Context,
  signal: AbortSignal,
): Promise<readonly Diagnosis[]> {
  if (!rollout || stage === undefined) return [];
  await held;
  const checks = await checkGates(rollout, { stage, clock, backend: backendOf(controlPlane) }, signal);
  return checks.map(diagnosisOf);
}

function diagnosisOf({ name, kind, said }: GateCheck): Diagnosis {
  const isFine = kind === 'pass' || kind === 'pending';
  return { ...(isFine ? ok(said) : warning(`${kind}: ${said}`)), about: name };
}

/** Shows the order of the stages in a rollout. */
export async function checkOrder({ config: { rollout }, listed }: Context): Promise<readonly Diagnosis[]> {
  if (!rollout) return [];
  const { order = [], notify } = rollout;
  const waves = wavesOf({ order, listed }).map((wave) => wave.map(nameOf).join(' and '));
  const webhook = notify ? [`doctor does not call the webhook ${new URL(notify.url).host}`] : [];
  const isKnown = (stage: string) => listed.includes(undefined) || listed.includes(stage);
  const missing = order.flat().filter((stage) => !isKnown(stage));
  return [
    ok([waves.join(', then '), ...webhook].join('; ')),
    ...missing.map((stage) =>
      warning(
        `rollout.order names stage ${stage}, and no such stage exists: later stages wait; correct the name, or add the stage`,
      ),
    ),
    // With labels, the file alone cannot show that a name is wrong.
    ...[...new Set(namedInGates(rollout).flatMap(({ name }) => name ?? []))]
      .filter((stage) => !isKnown(stage))
      .map((stage) =>
        warning(`rollout.gates names stage ${stage}, and no such stage exists: its settings apply to no stage`),
      ),
  ];
}

function nameOf(stage: string | undefined): string {
  return stage ?? 'stages that could not be listed';
}
