import { formatProblem } from '#core/errors';
import { type Clocks, createTimeline } from '#core/timing/clock';
import { type Fullness, judgeFullness, neverRead } from '../hold-empty';
import type { Failure } from '../scope-memory';
import {
  type ContractParts,
  type KnownParts,
  moveGoods,
  type PartOutcome,
  type PartOutcomes,
  withOutcomes,
} from './parts';
import type { ContractsStore } from './store';

/**
 * The last known state of each service. When the wall clock is set, all times in it move by the
 * same step, so that ages stay right (fm-41).
 */
export type ContractsMemory = {
  /** Takes over, once, what an earlier process left. Never rejects. */
  restore(): Promise<void>;
  goodsOf(serviceId: string): KnownParts;
  /**
   * Keeps the outcomes of questions asked at `startedMs` (monotonic), writes them to the store, and
   * returns the believed ones.
   */
  keep(serviceId: string, outcomes: PartOutcomes, startedMs: number): Promise<PartOutcomes>;
  /** Now, by the wall clock at the last look. */
  nowMs(): number;
  /** The warnings since the last call. */
  takeWarnings(): readonly string[];
};

export function createContractsMemory(
  serviceIds: readonly string[],
  store: ContractsStore,
  clock: Clocks,
): ContractsMemory {
  const all = new Map<string, KnownParts>();
  const timeline = createTimeline(clock);
  const warnings: string[] = [];
  const doubts = createDoubts();
  let restoring: Promise<void> | undefined;

  /** The clocks of AWS and of the scopes report a step. Here only ages have to stay right. */
  function follow(): void {
    const stepMs = timeline.follow();
    if (stepMs !== 0) for (const [id, goods] of all) all.set(id, moveGoods(goods, stepMs));
  }

  async function restoreOnce(): Promise<void> {
    const nowMs = timeline.wallOf(clock.monotonicMs());
    for (const id of serviceIds) {
      const { goods, isDoubted, warning } = await store.read(id);
      doubts.restore(id, { isDoubted, wasFull: (goods.connections?.value.length ?? 0) > 0 });
      if (warning) warnings.push(warning);
      const aheadMs = Math.max(0, ...Object.values(goods).map(({ observedAtMs }) => observedAtMs - nowMs));
      all.set(id, moveGoods(goods, -aheadMs));
    }
  }

  return {
    restore: () => {
      restoring ??= restoreOnce();
      return restoring;
    },
    goodsOf: (serviceId) => all.get(serviceId) ?? {},
    keep: async (serviceId, given, startedMs) => {
      follow();
      const outcomes = { ...given, connections: doubts.judge(serviceId, given.connections) };
      const goods = withOutcomes(all.get(serviceId) ?? {}, outcomes, timeline.wallOf(startedMs));
      all.set(serviceId, goods);
      const { warning } = await store.write(serviceId, { goods, isDoubted: doubts.has(serviceId) });
      if (warning) warnings.push(warning);
      return outcomes;
    },
    nowMs: () => {
      follow();
      return timeline.wallOf(clock.monotonicMs());
    },
    takeWarnings: () => warnings.splice(0),
  };
}

type Connections = PartOutcome<ContractParts['connections']>;

/**
 * The first empty list after one with connections is doubted (fm-01), the second one is believed
 * (fm-04). An earlier process may have seen the first one.
 */
function createDoubts() {
  const fullness = new Map<string, Fullness>();
  const doubted = new Set<string>();
  return {
    restore: (
      id: string,
      { wasFull, isDoubted = false }: Pick<Fullness, 'wasFull'> & { readonly isDoubted?: boolean },
    ) => {
      if (isDoubted) doubted.add(id);
      fullness.set(id, { wasFull: wasFull && !isDoubted });
    },
    /** Returns the believed outcome. */
    judge: (id: string, outcome: Connections): Connections => {
      if ('failure' in outcome) return outcome;
      const { after, isDoubted } = judgeFullness(fullness.get(id) ?? neverRead, {
        isEmpty: outcome.value.length === 0,
      });
      fullness.set(id, after);
      if (!isDoubted) {
        doubted.delete(id);
        return outcome;
      }
      doubted.add(id);
      return { failure: suddenlyNone(id) };
    },
    /** Whether the last list was empty and doubted. */
    has: (id: string) => doubted.has(id),
  };
}

function suddenlyNone(serviceId: string): Failure {
  const reason = `AWS lists no connection to ${serviceId} any more; the known connections stay until the next pass confirms it`;
  const fix = 'if this is unexpected, look at the endpoint connections of the service';
  return { code: 'UNCONFIRMED', reason: formatProblem({ reason, fix }) };
}
