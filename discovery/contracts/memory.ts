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

/** What was last known of each service. When the wall clock is set, all times in it move along, so that ages stay what they are (fm-41). */
export type ContractsMemory = {
  /** Takes over, once, what an earlier process left; never rejects. */
  restore(): Promise<void>;
  goodsOf(serviceId: string): KnownParts;
  /** Takes what was asked at `startedMs` of the monotonic clock, writes it to the store, and gives what of it is believed. */
  keep(serviceId: string, outcomes: PartOutcomes, startedMs: number): Promise<PartOutcomes>;
  /** Now, by the wall clock as it was last followed. */
  nowMs(): number;
  /** What there is to say since the last call. */
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

  /** AWS's clock and that of the scopes tell of a step; here it is enough that ages stay right. */
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

/** The first empty list after one with connections is doubted (fm-01), the second is believed (fm-04); an earlier process may have seen the first. */
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
    /** What of a list is believed. */
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
    /** Whether the last list was empty and not believed. */
    has: (id: string) => doubted.has(id),
  };
}

function suddenlyNone(serviceId: string): Failure {
  const reason = `AWS lists no connection to ${serviceId} any more: those that were known stay until the next pass confirms it`;
  const fix = 'if that is a surprise, look at the endpoint connections of the service';
  return { code: 'UNCONFIRMED', reason: formatProblem({ reason, fix }) };
}
