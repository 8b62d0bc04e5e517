import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import { uuidOf } from '#core/uuid';
import { isAdopted } from '#deck/adopted';
import { withoutDefaults } from '#deck/compare';
import { writeOrder } from '#deck/desired';
import { type Document, type Entity, type HeldEntity, type Kind, nameOf, parentNameOf } from '#deck/document';
import { uuidName } from '#deck/keys';
import { boundRoute } from '#deck/route-paths';
import { completeAdopted } from './adopted';
import { type Action, type Change, type Changes, type Turn, turnOf } from './changes';
import { keptUnder } from './pin';
import { unprotected } from './protect/protection';
import { whyCreated, whyUpdated } from './reasons';
import type { Absences } from './removals/absences';
import { judgeTargets } from './removals/names';
import { type RemovalContext, switchOff } from './removals/removals';
import { replaceTargets } from './removals/replaced';

export type PlanInput = RemovalContext & {
  readonly held: readonly HeldEntity[];
  /** Held entities that are not desired and are updated as long as they exist. Absent: none. */
  readonly stale?: Document;
};

export type Plan = Changes & { readonly desired: Document; readonly absences: Absences };

/**
 * Makes the changes after which the control plane holds the desired document. Never removes on
 * uncertain information.
 */
export function makePlan(given: PlanInput): Plan {
  const heldByName = new Map(given.held.map((entity) => [nameOf(entity), entity]));
  const completed = completeAdopted(given.desired, heldByName);
  const input = { ...given, desired: completed.desired };
  const idOf = (entity: Entity) => heldByName.get(nameOf(entity))?.id ?? uuidOf(uuidName(entity));
  const parents = new Map(
    [...input.held, ...input.desired].filter(isParent).map((entity) => [nameOf(entity), idOf(entity)]),
  );
  const toChange = (action: Action, entity: Entity, rest: ChangeDetails): Change => ({
    action,
    kind: entity.kind,
    key: entity.key,
    domain: entity.domain,
    id: idOf(entity),
    parentId: parents.get(parentNameOf(entity) ?? ''),
    ...rest,
  });
  const wanted = new Set(input.desired.map(nameOf));
  const unwanted = [...heldByName].flatMap(([name, entity]) => (wanted.has(name) ? [] : [entity]));
  const { protection = unprotected } = input;
  const replaced = replaceTargets(unwanted, input.desired).filter(({ entity }) => protection(entity) === undefined);
  const others = without(
    unwanted,
    replaced.map((one) => one.entity),
  );
  const off = switchOff(others, input);
  const left = others.filter((entity) => !off.has(entity));
  const { desired, staying, remove, kept, absences } = judgeTargets(left, input);
  const leaving = new Set([...replaced, ...remove, ...off.remove].map(({ entity }) => nameOf(entity)));
  const stale = (input.stale ?? []).filter((one) => !leaving.has(nameOf(one)));
  const upserts = [...desired, ...left.flatMap(boundedRouteOf), ...stale, ...staying].flatMap((entity) =>
    upsertOf(entity, heldByName.get(nameOf(entity)), { toChange, held: input.held }),
  );
  const deletes = [...replaced, ...remove, ...off.remove].map(({ entity, ...why }) =>
    toChange('delete', entity, { ...why, before: entity }),
  );
  const changes = sortChanges([...upserts, ...deletes]);
  const unrecorded = input.pin ? keptUnder(input.pin, left) : [];
  return { changes, kept: [...completed.kept, ...kept, ...off.kept, ...unrecorded], absences, desired };
}

function without<T>(all: readonly T[], some: readonly T[]): readonly T[] {
  const leaving = new Set(some);
  return leaving.size === 0 ? all : all.filter((one) => !leaving.has(one));
}

function isParent({ kind }: Entity): boolean {
  return kind === 'upstream' || kind === 'service';
}

/** Bounds the paths of a route that stays while its domain is unusable (fm-46). */
function boundedRouteOf(entity: HeldEntity): readonly Entity[] {
  // A route below a foreign service has no parent here, and a write would drop its service.
  if (entity.kind !== 'route' || entity.parent === undefined || isAdopted(entity)) return [];
  const { id: _, ...route } = entity;
  return [boundRoute(withoutDefaults(route))];
}

type ChangeDetails = Pick<Change, 'reason' | 'isConfirmed' | 'before' | 'after'>;
type ToChange = (action: Action, entity: Entity, rest: ChangeDetails) => Change;

type Upserting = { readonly toChange: ToChange; readonly held: readonly HeldEntity[] };

function upsertOf(desired: Entity, before: HeldEntity | undefined, { toChange, held }: Upserting): readonly Change[] {
  if (!before) return [toChange('create', desired, { reason: whyCreated(desired, held), after: desired })];
  const reason = whyUpdated(desired, before);
  return reason === undefined ? [] : [toChange('update', desired, { reason, before, after: desired })];
}

/**
 * Sorts creates, then updates in write order, then deletes in reverse order; by key within a kind.
 * Updates of turn `first` come before all of these, and of turn `last` after them.
 */
function sortChanges(changes: readonly Change[]): readonly Change[] {
  const byStage = groupBy(changes, (one) => stageName(turnOf(one), one.action, one.kind));
  const inOrder = (turn: Turn, action: Action, kinds: readonly Kind[] = writeOrder) =>
    kinds.flatMap((kind) =>
      [...(byStage.get(stageName(turn, action, kind)) ?? [])].sort((a, b) => compareText(a.key, b.key)),
    );
  return [
    ...inOrder('first', 'update'),
    ...inOrder('usual', 'create'),
    ...inOrder('usual', 'update'),
    ...inOrder('usual', 'delete', [...writeOrder].reverse()),
    ...inOrder('last', 'update'),
  ];
}

function stageName(turn: Turn, action: Action, kind: Kind): string {
  return `${turn} ${action} ${kind}`;
}

/**
 * Returns the document that the control plane holds after the plan: desired entities, and entities
 * without a removal. `withheld` changes are not applied.
 */
export function outcomeOf(
  held: readonly HeldEntity[],
  { changes, desired }: Pick<Plan, 'changes' | 'desired'>,
  withheld: readonly Change[] = [],
): Document {
  const asHeld = new Set(withheld.map(nameOf));
  const wanted = asHeld.size === 0 ? desired : desired.filter((entity) => !asHeld.has(nameOf(entity)));
  const left = new Set([...changes.filter((one) => one.action === 'delete'), ...wanted].map(nameOf));
  const written = new Map(changes.map((one) => [nameOf(one), one.after]));
  const staying = held.filter((entity) => !left.has(nameOf(entity)));
  return [...wanted, ...staying.map((entity) => written.get(nameOf(entity)) ?? withoutDefaults(entity))];
}
