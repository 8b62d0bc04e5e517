/** What decides whose turn comes when. */
export type StageTurns = {
  /** `rollout.order`: those of one list go together. */
  readonly order: readonly (string | readonly string[])[];
  /** All stages, as the configuration lists them; undefined: labels stand there for stages that nobody could list. */
  readonly listed: readonly (string | undefined)[];
};

/** Waves of stages, one after the other: those that `order` names, whether they are known now or not, then each of the others by itself. */
export function wavesOf({ order, listed }: StageTurns): readonly (readonly (string | undefined)[])[] {
  const named = new Set(order.flat());
  const rest = listed.filter((stage) => stage === undefined || !named.has(stage));
  return [...order.map((wave) => [wave].flat()), ...rest.map((stage) => [stage])];
}

/** Names of the stages that come before this one; undefined stands for some that nobody knows. */
export function earlierThan(stage: string, turns: StageTurns): readonly (string | undefined)[] {
  const waves = wavesOf(turns);
  const own = waves.findIndex((wave) => wave.includes(stage));
  return waves.slice(0, Math.max(own, 0)).flat();
}

/** Stages in the order of their turns. */
export function inTurn<S extends { readonly stage?: string }>(stages: readonly S[], turns: StageTurns): readonly S[] {
  const names = wavesOf(turns).flat();
  const rankOf = ({ stage }: S) => names.indexOf(stage);
  return stages.toSorted((a, b) => rankOf(a) - rankOf(b));
}
