/** The input that decides the order of stages. */
export type StageTurns = {
  /** `rollout.order`: stages of an inner list go together. */
  readonly order: readonly (string | readonly string[])[];
  /**
   * All stages in the order of the configuration. Undefined stands for labels whose stages could
   * not be listed.
   */
  readonly listed: readonly (string | undefined)[];
};

/**
 * Returns the waves of stages in order: the waves that `order` names, even of unknown stages, then
 * each other stage alone.
 */
export function wavesOf({ order, listed }: StageTurns): readonly (readonly (string | undefined)[])[] {
  const named = new Set(order.flat());
  const rest = listed.filter((stage) => stage === undefined || !named.has(stage));
  return [...order.map((wave) => [wave].flat()), ...rest.map((stage) => [stage])];
}

/** Names of the stages before this one. Undefined stands for stages that could not be listed. */
export function earlierThan(stage: string, turns: StageTurns): readonly (string | undefined)[] {
  const waves = wavesOf(turns);
  const own = waves.findIndex((wave) => wave.includes(stage));
  return waves.slice(0, Math.max(own, 0)).flat();
}

/** Sorts stages by their turns. */
export function inTurn<S extends { readonly stage?: string }>(stages: readonly S[], turns: StageTurns): readonly S[] {
  const names = wavesOf(turns).flat();
  const rankOf = ({ stage }: S) => names.indexOf(stage);
  return stages.toSorted((a, b) => rankOf(a) - rankOf(b));
}
