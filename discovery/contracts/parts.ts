import type { AwsPart, EndpointConnection, Permission, ServiceSetup, ZoneHealth } from '#core/contracts/model';
import type { Failure } from '../scope-memory';

/** What is asked of one service; each part is known or unknown by itself. */
export type ServiceParts = {
  readonly setup: ServiceSetup;
  readonly connections: readonly EndpointConnection[];
  readonly permissions: readonly Permission[];
  readonly health: readonly ZoneHealth[];
};

export type PartName = keyof ServiceParts;

/** Of a service, in the order in which people read of them. */
export const partNames: readonly PartName[] = ['setup', 'connections', 'permissions', 'health'];

/** What one question gave, or why it gave nothing. */
export type Outcome<T> = { readonly value: T } | { readonly failure: Failure };

/** What all questions about one service gave; without one of `health` nobody looked. */
export type ServiceOutcomes = { readonly [P in Exclude<PartName, 'health'>]: Outcome<ServiceParts[P]> } & {
  readonly health?: Outcome<ServiceParts['health']>;
};

/** What a part was when it was last known; unix epoch, milliseconds. */
export type Good<T> = { readonly value: T; readonly observedAtMs: number };

export type ServiceGoods = { readonly [P in PartName]?: Good<ServiceParts[P]> };

/** The goods with what is known now, which was observed at `observedAtMs`. */
export function withOutcomes(goods: ServiceGoods, outcomes: ServiceOutcomes, observedAtMs: number): ServiceGoods {
  const known = partNames.flatMap((name) => {
    const outcome = outcomes[name];
    return outcome && 'value' in outcome ? [[name, { value: outcome.value, observedAtMs }]] : [];
  });
  return { ...goods, ...Object.fromEntries(known) };
}

/** The same goods, each time in them moved by `ms`: the clock that they are of was set by that much. */
export function moveGoods(goods: ServiceGoods, ms: number): ServiceGoods {
  if (ms === 0) return goods;
  const moved = Object.entries(goods).map(([name, good]) => [name, { ...good, observedAtMs: good.observedAtMs + ms }]);
  return Object.fromEntries(moved);
}

/** The part as the view has it: `good` is what `withOutcomes` kept of it. */
export function partOf<T>(outcome: Outcome<T>, good: Good<T> | undefined): AwsPart<T> {
  if ('failure' in outcome) return { status: 'unknown', ...outcome.failure, ...(good && { lastGood: good }) };
  return good ? { status: 'known', ...good } : { status: 'known', value: outcome.value, observedAtMs: 0 };
}
