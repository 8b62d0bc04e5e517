import { exceptionsIn, isCallers, tablesIn, withTables } from '#deck/callers/entity';
import { withoutDefaults } from '#deck/compare';
import { type Document, type Entity, type HeldEntity, nameOf } from '#deck/document';
import type { Kept } from '../changes';
import { limitTables, type TableFilling } from './limits';
import type { Callers } from './tables';

export type Filled = {
  /** Whether the configuration makes entities of the plugin. */
  readonly hasCallers: boolean;
  readonly desired: Document;
  /**
   * Held entities of domains that are not desired now, with the tables of today, since a caller may
   * have lost its permission.
   */
  readonly stale: Document;
  /** Tables over the size limit, which only lose endpoints, and entities without tables. */
  readonly kept: readonly Kept[];
};

/**
 * Puts the tables of today into all entities of the plugin: desired ones of any revision, and held
 * ones of domains that cannot be discovered now. Without `callers` the held tables stay, and an
 * entity that is not held is not created.
 */
export function fillTables(desired: Document, callers: Callers | undefined, held: readonly HeldEntity[]): Filled {
  const heldOnes = held.filter(isCallers);
  const hasCallers = callers !== undefined;
  if (heldOnes.length === 0 && !desired.some(isCallers)) return { desired, hasCallers, stale: [], kept: [] };
  const heldByName = new Map(heldOnes.map((one) => [nameOf(one), one]));
  const isUnmade = (one: Entity) => !callers && isCallers(one) && !heldByName.has(nameOf(one));
  const made = desired.filter((one) => !isUnmade(one));
  const wanted = new Set(made.filter(isCallers).map(nameOf));
  const left = callers ? heldOnes.filter((one) => !wanted.has(nameOf(one))) : [];
  const all = [...made.filter(isCallers), ...left.map(({ id: _, ...one }) => withoutDefaults(one))];
  const { tables, kept } = limitTables(all.map((entity) => fillingOf(entity, callers, heldByName)));
  const filled = all.map((entity, index) => withTables(entity, tables[index] ?? tablesIn(entity)));
  const byName = new Map(filled.map((one) => [nameOf(one), one]));
  return {
    hasCallers,
    desired: made.map((one) => byName.get(nameOf(one)) ?? one),
    stale: filled.slice(filled.length - left.length),
    kept: [...desired.filter(isUnmade).map(unmade), ...kept],
  };
}

function fillingOf(
  entity: Entity,
  callers: Callers | undefined,
  heldByName: ReadonlyMap<string, HeldEntity>,
): TableFilling {
  const before = tablesIn(heldByName.get(nameOf(entity)));
  return { entity, before, wanted: callers?.tablesOf(entity.domain, exceptionsIn(entity)) ?? before };
}

/** An entity without tables refuses everybody under `enforce`. */
function unmade({ key, domain }: Entity): Kept {
  return {
    key,
    domain,
    reason:
      'the revision has this plugin, but the configuration has no contracts: the plugin is not created; put contracts back to create it',
  };
}
