import type { AwsPart, EndpointConnection, Permission, ServiceSetup, ZoneHealth } from '#core/contracts/model';
import type { Failure } from '../scope-memory';

/** The questions about one service. Each part is known or unknown independently. */
export type ContractParts = {
  readonly setup: ServiceSetup;
  readonly connections: readonly EndpointConnection[];
  readonly permissions: readonly Permission[];
  readonly health: readonly ZoneHealth[];
};

export type ContractPart = keyof ContractParts;

/** The parts in the order of reports. */
export const contractParts: readonly ContractPart[] = ['setup', 'connections', 'permissions', 'health'];

/** The answer to one question, or its failure. */
export type PartOutcome<T> = { readonly value: T } | { readonly failure: Failure };

/** The answers to all questions about one service. Without `health`, nobody asked for health. */
export type PartOutcomes = { readonly [P in Exclude<ContractPart, 'health'>]: PartOutcome<ContractParts[P]> } & {
  readonly health?: PartOutcome<ContractParts['health']>;
};

/** The last known value of a part; unix epoch, milliseconds. */
export type KnownPart<T> = { readonly value: T; readonly observedAtMs: number };

export type KnownParts = { readonly [P in ContractPart]?: KnownPart<ContractParts[P]> };

/** Returns the goods with the known outcomes, observed at `observedAtMs`. */
export function withOutcomes(goods: KnownParts, outcomes: PartOutcomes, observedAtMs: number): KnownParts {
  const known = contractParts.flatMap((name) => {
    const outcome = outcomes[name];
    return outcome && 'value' in outcome ? [[name, { value: outcome.value, observedAtMs }]] : [];
  });
  return { ...goods, ...Object.fromEntries(known) };
}

/** Moves every time in the goods by `ms`, after their clock was set by `ms`. */
export function moveGoods(goods: KnownParts, ms: number): KnownParts {
  if (ms === 0) return goods;
  const moved = Object.entries(goods).map(([name, good]) => [name, { ...good, observedAtMs: good.observedAtMs + ms }]);
  return Object.fromEntries(moved);
}

/** The part as the view shows it. `good` is what `withOutcomes` kept. */
export function partOf<T>(outcome: PartOutcome<T>, good: KnownPart<T> | undefined): AwsPart<T> {
  if ('failure' in outcome) return { status: 'unknown', ...outcome.failure, ...(good && { lastGood: good }) };
  return good ? { status: 'known', ...good } : { status: 'known', value: outcome.value, observedAtMs: 0 };
}
