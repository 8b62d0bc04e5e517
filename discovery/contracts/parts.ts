import type { AwsPart, EndpointConnection, Permission, ServiceSetup, ZoneHealth } from '#core/contracts/model';
import type { Failure } from '../scope-memory';

/** What is asked of one service; each part is known or unknown by itself. */
export type ContractParts = {
  readonly setup: ServiceSetup;
  readonly connections: readonly EndpointConnection[];
  readonly permissions: readonly Permission[];
  readonly health: readonly ZoneHealth[];
};

export type ContractPart = keyof ContractParts;

/** Of a service, in the order in which people read of them. */
export const contractParts: readonly ContractPart[] = ['setup', 'connections', 'permissions', 'health'];

/** What one question gave, or why it gave nothing. */
export type PartOutcome<T> = { readonly value: T } | { readonly failure: Failure };

/** What all questions about one service gave; without one of `health` nobody looked. */
export type PartOutcomes = { readonly [P in Exclude<ContractPart, 'health'>]: PartOutcome<ContractParts[P]> } & {
  readonly health?: PartOutcome<ContractParts['health']>;
};

/** What a part was when it was last known; unix epoch, milliseconds. */
export type KnownPart<T> = { readonly value: T; readonly observedAtMs: number };

export type KnownParts = { readonly [P in ContractPart]?: KnownPart<ContractParts[P]> };

/** The goods with what is known now, which was observed at `observedAtMs`. */
export function withOutcomes(goods: KnownParts, outcomes: PartOutcomes, observedAtMs: number): KnownParts {
  const known = contractParts.flatMap((name) => {
    const outcome = outcomes[name];
    return outcome && 'value' in outcome ? [[name, { value: outcome.value, observedAtMs }]] : [];
  });
  return { ...goods, ...Object.fromEntries(known) };
}

/** The same goods, each time in them moved by `ms`: the clock that they are of was set by that much. */
export function moveGoods(goods: KnownParts, ms: number): KnownParts {
  if (ms === 0) return goods;
  const moved = Object.entries(goods).map(([name, good]) => [name, { ...good, observedAtMs: good.observedAtMs + ms }]);
  return Object.fromEntries(moved);
}

/** The part as the view has it: `good` is what `withOutcomes` kept of it. */
export function partOf<T>(outcome: PartOutcome<T>, good: KnownPart<T> | undefined): AwsPart<T> {
  if ('failure' in outcome) return { status: 'unknown', ...outcome.failure, ...(good && { lastGood: good }) };
  return good ? { status: 'known', ...good } : { status: 'known', value: outcome.value, observedAtMs: 0 };
}
