import { compareText } from '#core/addresses/targets';
import { groupBy } from '#core/group-by';
import { uuidOf } from '#core/uuid';
import { zoneOf } from '#deck/affinity';
import { differencesOf, withoutDefaults } from '#deck/compare';
import { writeOrder } from '#deck/desired';
import { type Document, type Entity, type HeldEntity, type Kind, nameOf, parentNameOf } from '#deck/document';
import { uuidName } from '#deck/keys';
import { boundRoute, claimedPathsOf } from '#deck/route-paths';
import { originsOf } from '#deck/tags';
import type { Action, Change, Changes } from './changes';
import { keptUnder } from './pin';
import type { Absences } from './removals/absences';
import { type RemovalContext, removeTargets, switchOff } from './removals/removals';

export type PlanInput = RemovalContext & { readonly held: readonly HeldEntity[] };

export type Plan = Changes & { readonly desired: Document; readonly absences: Absences };

/** What to write so that the control plane holds what is desired, without removing anything that is uncertain. */
export function makePlan(input: PlanInput): Plan {
  const heldByName = new Map(input.held.map((entity) => [nameOf(entity), entity]));
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
  const off = switchOff(unwanted, input);
  const staying = unwanted.filter((entity) => !off.has(entity));
  const upserts = [...input.desired, ...staying.flatMap(boundedRouteOf)].flatMap((entity) =>
    upsertOf(entity, heldByName.get(nameOf(entity)), toChange),
  );
  const { remove, kept, absences } = removeTargets(staying, input);
  const deletes = [...remove, ...off.remove].map(({ entity, ...why }) =>
    toChange('delete', entity, { ...why, before: entity }),
  );
  const changes = sortChanges([...upserts, ...deletes]);
  const unrecorded = input.pin ? keptUnder(input.pin, staying) : [];
  return { changes, kept: [...kept, ...off.kept, ...unrecorded], absences, desired: input.desired };
}

function isParent({ kind }: Entity): boolean {
  return kind === 'upstream' || kind === 'service';
}

/** A route stays when its domain cannot be used at the moment, and takes no more than its paths all the same (fm-46). */
function boundedRouteOf(entity: HeldEntity): readonly Entity[] {
  // Below somebody else's service it has no parent here, and written without one it would lose that.
  if (entity.kind !== 'route' || entity.parent === undefined) return [];
  const { id: _, ...route } = entity;
  return [boundRoute(withoutDefaults(route))];
}

type ChangeDetails = Pick<Change, 'reason' | 'isConfirmed' | 'before' | 'after'>;
type ToChange = (action: Action, entity: Entity, rest: ChangeDetails) => Change;

function upsertOf(desired: Entity, held: HeldEntity | undefined, toChange: ToChange): readonly Change[] {
  if (!held) return [toChange('create', desired, { reason: whyCreated(desired), after: desired })];
  const differences = differencesOf(desired, held);
  if (differences.length === 0) return [];
  const reason = `${zoneOf(desired) === undefined ? '' : 'affinity: '}${differences.join('; ')}`;
  return [toChange('update', desired, { reason, before: held, after: desired })];
}

function whyCreated(entity: Entity): string {
  if (entity.kind === 'service') return `domain ${entity.domain} speaks ${entity.fields.protocol}`;
  const zone = zoneOf(entity);
  if (entity.kind === 'upstream' && zone)
    return `affinity: addresses of zone ${zone} first; Host ${entity.fields.host_header}`;
  if (entity.kind === 'upstream') return `domain ${entity.domain} was discovered; Host ${entity.fields.host_header}`;
  if (entity.kind === 'route') return `paths ${claimedPathsOf(entity)?.join(' ')}`;
  if (entity.kind === 'plugin') return `domains.${entity.domain}.plugins lists it`;
  const { scopeIds, endpointIds } = originsOf(entity.tags);
  const first = zone === undefined ? '' : `affinity: ${entity.fields.failover ? 'failover of' : 'in'} zone ${zone}; `;
  return `${first}endpoint ${endpointIds.join(', ')} is available in ${scopeIds.join(', ')}`;
}

/** Creates, then updates in write order, then deletes backwards; by key within. */
function sortChanges(changes: readonly Change[]): readonly Change[] {
  const byStage = groupBy(changes, ({ action, kind }) => `${action} ${kind}`);
  const inOrder = (action: Action, kinds: readonly Kind[]) =>
    kinds.flatMap((kind) => [...(byStage.get(`${action} ${kind}`) ?? [])].sort((a, b) => compareText(a.key, b.key)));
  return [
    ...inOrder('create', writeOrder),
    ...inOrder('update', writeOrder),
    ...inOrder('delete', [...writeOrder].reverse()),
  ];
}

/** The document that the control plane holds once the plan is applied: what is desired, and what stays as it is; `withheld` is not applied. */
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
