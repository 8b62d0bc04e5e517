import { parseTable, writeTable } from '#core/contracts/table';
import { type CallersTables, exceptionsIn, isCallers, tablesIn, withTables } from '#deck/callers/entity';
import { withoutDefaults } from '#deck/compare';
import { type Document, type Entity, type HeldEntity, nameOf } from '#deck/document';
import type { Kept } from '../changes';
import type { Callers } from './tables';

/** A data plane in hybrid mode takes no configuration of more than 16 MiB (Kong's `cluster_max_payload`), and an Admin API no body of more than 10 MiB; all other entities need room as well. */
const mostBytes = 1024 * 1024;

export type Filled = {
  /** Whether the configuration makes entities of the plugin. */
  readonly hasCallers: boolean;
  readonly desired: Document;
  /** Held entities of domains that are not desired now, with today's tables: what was allowed may be so no more. */
  readonly stale: Document;
  /** Tables that would be too large: they lose what they have to, and get nothing. And entities that nobody has tables for. */
  readonly kept: readonly Kept[];
};

/**
 * Puts today's tables into the entities of the plugin, whichever revision they are of, and into those of domains that cannot be discovered now. Without
 * `callers` nobody says who may call: the tables that are held stay, and an entity that is not held is not made.
 */
export function fillTables(desired: Document, callers: Callers | undefined, held: readonly HeldEntity[]): Filled {
  const heldOnes = held.filter(isCallers);
  const hasCallers = callers !== undefined;
  if (heldOnes.length === 0 && !desired.some(isCallers)) return { desired, hasCallers, stale: [], kept: [] };
  const heldByName = new Map(heldOnes.map((one) => [nameOf(one), one]));
  const kept: Kept[] = [];
  const fill = <E extends Entity>(entity: E): E => {
    const before = tablesIn(heldByName.get(nameOf(entity)));
    const wanted = callers?.tablesOf(entity.domain, exceptionsIn(entity)) ?? before;
    const size = Buffer.byteLength(wanted.callers) + Buffer.byteLength(wanted.others);
    if (size <= mostBytes) return withTables(entity, wanted);
    kept.push(tooLarge(entity, size));
    return withTables(entity, onlyHeld(before, wanted));
  };
  const isUnmade = (one: Entity) => !callers && isCallers(one) && !heldByName.has(nameOf(one));
  kept.push(...desired.filter(isUnmade).map(unmade));
  const wanted = new Set(desired.filter(isCallers).map(nameOf));
  const left = callers ? heldOnes.filter((one) => !wanted.has(nameOf(one))) : [];
  return {
    hasCallers,
    desired: desired.filter((one) => !isUnmade(one)).map((one) => (isCallers(one) ? fill(one) : one)),
    stale: left.map(({ id: _, ...one }) => fill(withoutDefaults(one))),
    kept,
  };
}

/** An entity without tables refuses everybody under `enforce`. */
function unmade({ key, domain }: Entity): Kept {
  return {
    key,
    domain,
    reason:
      'the revision has this plugin, and no contracts of the configuration say who may call: it is not made; put contracts back to have it',
  };
}

function tooLarge({ key, domain }: Entity, size: number): Kept {
  return {
    key,
    domain,
    reason: `its tables would have ${(size / mostBytes).toFixed(1)} MiB, more than 1 MiB: no endpoint is added; let fewer endpoints call this domain, or divide it`,
  };
}

/** Of what is wanted, the endpoints that either table has already: under another consumer, or as one that may not call any more, too. */
function onlyHeld(before: CallersTables, wanted: CallersTables): CallersTables {
  const entriesIn = (text: string) => parseTable(text) ?? [];
  const ids = new Set([before.callers, before.others].flatMap(entriesIn).map(({ endpointId }) => endpointId));
  const held = (text: string) => writeTable(entriesIn(text).filter(({ endpointId }) => ids.has(endpointId)));
  return { callers: held(wanted.callers), others: held(wanted.others) };
}
