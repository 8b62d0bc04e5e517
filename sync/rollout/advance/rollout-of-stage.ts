import type { RolloutConfig } from '#config/rollout';
import type { Config } from '#config/schema';
import type { Clock } from '#core/timing/clock';
import { lazy } from '#core/timing/lazy';
import { emptyBase } from '#deck/file/base';
import { backendOf } from '../../control-planes/backends';
import { takesBase } from '../../control-planes/control-plane';
import type { StageGate } from '../gates/gate';
import { openGates } from '../gates/gates';
import { openJournal } from '../journal';
import type { StageTurn } from '../newest';
import type { KnownStages } from '../stages';
import { openPause, type Pause } from './pause';
import { type KnownStage, openTurn } from './turn';
import type { StageTurns } from './waves';

/** The rollout of the configuration, as one stage uses it. */
export type RolloutOfStage = {
  readonly config: RolloutConfig;
  readonly turns: StageTurns;
  readonly turn: StageTurn;
  readonly gates: readonly StageGate[];
  readonly pause: Pause;
};

type Opening = { readonly known: KnownStages; readonly clock: Clock };

/** Opens the rollout of a stage; makes no call. Undefined: the configuration has no rollout. */
export function rolloutOf(config: Config, { known, clock }: Opening): RolloutOfStage | undefined {
  const { rollout, stage } = config;
  if (!rollout || stage === undefined) return undefined;
  const turns = { order: rollout.order ?? [], listed: known.listed };
  const pause = openPause(config);
  const gates = openGates(rollout, { stage, clock, backend: backendOf(config.controlPlane) });
  const stages = new Map(known.configs.map((one) => [one.stage, lazy(() => knownStage(one))]));
  const stageOf = (name: string) => stages.get(name)?.();
  const turn = openTurn({ stage, rollout, turns, stageOf, pause, gates, now: clock.now });
  return { config: rollout, turns, turn, gates, pause };
}

function knownStage({ stateDir, owner, controlPlane }: Config): KnownStage {
  const backend = backendOf(controlPlane);
  return {
    journal: openJournal({ stateDir, owner, controlPlane: backend.identity }),
    takesBase: takesBase(backend.connect(owner, { base: emptyBase, env: {} })),
  };
}
