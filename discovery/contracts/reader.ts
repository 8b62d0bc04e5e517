import type { ServiceConfig } from '#config/contracts';
import type { ContractsView, ServiceState } from '#core/contracts/model';
import type { Clock } from '#core/timing/clock';
import { concurrently } from '#io/concurrently';
import { type ContractsMemory, createContractsMemory } from './memory';
import { type KnownParts, type PartOutcomes, partOf } from './parts';
import { placesOf, type ServicePlace, scopeOfService } from './places';
import { type PlaceReaders, readPlace } from './read-place';
import type { ContractsStore } from './store';

/** The view, with warnings that concern no single service, for people. */
export type ContractsRead = ContractsView & { readonly warnings?: readonly string[] };

/** Asks AWS for the connections to the services of `contracts`. */
export interface ContractsReader {
  /**
   * Rejects only with the signal's reason. An unreadable part is unknown, with its last known
   * value.
   */
  read(signal: AbortSignal): Promise<ContractsRead>;
}

export type ContractsDependencies = {
  readonly readersOf: (place: ServicePlace) => PlaceReaders;
  readonly store: ContractsStore;
  readonly clock: Clock;
  /** Places that are asked concurrently. */
  readonly concurrency: number;
  /** For each question about a place. */
  readonly timeoutMs: number;
};

/**
 * Keeps answers in memory between calls, and in the store. The first call takes earlier knowledge
 * from the store.
 */
export function createContractsReader(
  services: readonly ServiceConfig[],
  { readersOf, store, clock, concurrency, timeoutMs }: ContractsDependencies,
): ContractsReader {
  const places = placesOf(services).map((place) => ({ place, ...readersOf(place), timeoutMs }));
  const memory = createContractsMemory(
    services.map(({ id }) => id),
    store,
    clock,
  );
  return {
    read: async (signal) => {
      await memory.restore();
      const startedMs = clock.monotonicMs();
      const read = await concurrently(places, { limit: concurrency, signal }, async (one, own) => {
        const { outcomes, warnings } = await readPlace(one, memory.goodsOf, own);
        return { kept: await keepAll(memory, outcomes, startedMs), warnings };
      });
      const outcomes = new Map(read.flatMap(({ kept }) => kept));
      const states = services.flatMap((service) => {
        const own = outcomes.get(service.id);
        return own ? [stateOf(service, own, memory.goodsOf(service.id))] : [];
      });
      const warnings = [...read.flatMap((one) => one.warnings), ...memory.takeWarnings()];
      return { takenAtMs: memory.nowMs(), services: states, warnings };
    },
  };
}

async function keepAll(
  memory: ContractsMemory,
  outcomes: ReadonlyMap<string, PartOutcomes>,
  startedMs: number,
): Promise<readonly (readonly [string, PartOutcomes])[]> {
  const kept: (readonly [string, PartOutcomes])[] = [];
  for (const [id, one] of outcomes) kept.push([id, await memory.keep(id, one, startedMs)]);
  return kept;
}

function stateOf(service: ServiceConfig, outcomes: PartOutcomes, goods: KnownParts): ServiceState {
  const { id: serviceId, domains } = service;
  const { id: scopeId, account, region } = scopeOfService(service);
  return {
    serviceId,
    scopeId,
    account,
    region,
    ...(domains && { domains }),
    connections: partOf(outcomes.connections, goods.connections),
    permissions: partOf(outcomes.permissions, goods.permissions),
    setup: partOf(outcomes.setup, goods.setup),
    ...(outcomes.health && { health: partOf(outcomes.health, goods.health) }),
  };
}
