import type { DomainSettings } from '../core/model';
import { uuidOf } from '../core/uuid';
import { differencesOf, withoutDefaults } from '../deck/compare';
import { writeOrder } from '../deck/desired';
import type { Document, Entity, Kind } from '../deck/document';
import { originsOf } from '../deck/tags';
import type { Action, Change, Changes } from './changes';
import type { HeldEntity } from './control-plane';
import type { Evidence } from './evidence';
import { type Absences, countAbsences, judgeRemovals, type Policy } from './policy';

export type PlanInput = {
  readonly desired: Document;
  readonly held: readonly HeldEntity[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  readonly evidence: Evidence;
  readonly policy: Policy;
  readonly absences: Absences;
  readonly allScopesAnswered: boolean;
  readonly nowMs: number;
};

export type Plan = Changes & { readonly desired: Document; readonly absences: Absences };

/** What to write so that the control plane holds what is desired, without removing anything that is uncertain. */
export function makePlan(input: PlanInput): Plan {
  const heldByName = new Map(input.held.map((entity) => [nameOf(entity), entity]));
  const idOf = (entity: Entity) => heldByName.get(nameOf(entity))?.id ?? uuidOf(uuidName(entity));
  const parents = new Map([...input.held, ...input.desired].map((entity) => [nameOf(entity), idOf(entity)]));
  const toChange = (action: Action, entity: Entity, rest: Pick<Change, 'reason' | 'before' | 'after'>): Change => ({
    action,
    kind: entity.kind,
    key: entity.key,
    domain: entity.domain,
    id: idOf(entity),
    parentId: entity.parent && parents.get(`${entity.kind === 'target' ? 'upstream' : 'service'}:${entity.parent}`),
    ...rest,
  });
  const upserts = input.desired.flatMap((entity) => upsertOf(entity, heldByName.get(nameOf(entity)), toChange));
  const removals = removalsOf(input);
  const deletes = removals.remove.map(({ target, reason }) => toChange('delete', target, { reason, before: target }));
  const { kept, absences } = removals;
  return { changes: sortChanges([...upserts, ...deletes]), kept, absences, desired: input.desired };
}

function nameOf({ kind, key }: { readonly kind: Kind; readonly key: string }): string {
  return `${kind}:${key}`;
}

/** The name whose UUIDv5 a created entity gets: `kind:name`, for a target `target:<upstream>:<address>`. */
export function uuidName(entity: Entity): string {
  return `${entity.kind}:${entity.key.replace('|', ':')}`;
}

type ToChange = (action: Action, entity: Entity, rest: Pick<Change, 'reason' | 'before' | 'after'>) => Change;

function upsertOf(desired: Entity, held: HeldEntity | undefined, toChange: ToChange): readonly Change[] {
  if (!held) return [toChange('create', desired, { reason: whyCreated(desired), after: desired })];
  const differences = differencesOf(desired, held);
  if (differences.length === 0) return [];
  return [toChange('update', desired, { reason: differences.join('; '), before: held, after: desired })];
}

function whyCreated(entity: Entity): string {
  if (entity.kind !== 'target') return `domain ${entity.domain} was discovered`;
  const { scopeIds, endpointIds } = originsOf(entity.tags);
  return `endpoint ${endpointIds.join(', ')} is available in ${scopeIds.join(', ')}`;
}

function removalsOf(input: PlanInput) {
  const wanted = new Set(input.desired.map(nameOf));
  const unwanted = input.held.filter((entity) => !wanted.has(nameOf(entity)));
  const judged = unwanted
    .filter((entity) => entity.kind === 'target')
    .map((target) => ({ target, verdict: input.evidence(target) }));
  const absences = countAbsences(input.absences, judged, input.nowMs);
  const { remove, keep } = judgeRemovals({ ...input, judged, absences, wantedTargets: countTargets(input.desired) });
  const switchedOff = unwanted.flatMap((entity) => {
    const reason = whySwitchedOff(entity, input);
    return reason ? [{ target: entity, reason }] : [];
  });
  return {
    remove: [...remove.map(({ target, verdict }) => ({ target, reason: verdict.reason })), ...switchedOff],
    kept: keep.map(({ target, verdict }) => ({ key: target.key, domain: target.domain, reason: verdict.reason })),
    absences,
  };
}

function countTargets(document: Document): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, parent = '' } of document) {
    if (kind === 'target') counts.set(parent, (counts.get(parent) ?? 0) + 1);
  }
  return counts;
}

/** A route or plugin leaves when the configuration says so in words; a domain as a whole leaves only by `retire`. */
function whySwitchedOff(entity: Entity, { desired, settings }: PlanInput): string | undefined {
  const domain = settings[entity.domain];
  if (!domain || !desired.some((one) => one.kind === 'service' && one.key === entity.domain)) return undefined;
  if (entity.kind === 'route' && domain.route === false) return `domains.${entity.domain}.route is false`;
  if (entity.kind === 'plugin' && domain.plugins) return `domains.${entity.domain}.plugins lists it no more`;
  return undefined;
}

const actions: readonly Action[] = ['create', 'update', 'delete'];

/** Creates, then updates in write order, then deletes backwards. */
function sortChanges(changes: readonly Change[]): readonly Change[] {
  const rank = ({ action, kind }: Change) => {
    const order = writeOrder.indexOf(kind);
    return actions.indexOf(action) * writeOrder.length + (action === 'delete' ? writeOrder.length - order : order);
  };
  return [...changes].sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1));
}

/** The document that the control plane holds once the plan is applied: what is desired, and what stays without being desired. */
export function outcomeOf(
  held: readonly HeldEntity[],
  { changes, desired }: Pick<Plan, 'changes' | 'desired'>,
): Document {
  const left = new Set([...changes.filter((one) => one.action === 'delete'), ...desired].map(nameOf));
  return [...desired, ...held.filter((entity) => !left.has(nameOf(entity))).map(withoutDefaults)];
}
