import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import { adoptedIn, isAdopted } from '#deck/adopted';
import { type Affinity, zoneOf } from '#deck/affinity';
import { renderDesired } from '#deck/desired';
import type { Document, HeldEntity, Kind } from '#deck/document';
import { isMended, markPinned, type Revision, type RevisionInput, revisionOf, underRevision } from '#deck/revision';
import { addressesAlone, formsIn, isNameTarget } from '#deck/via';
import type { Kept } from './changes';
import { decideForms, type FormsInput } from './via';

/** What a control plane is pinned to, and what its journal knows. */
export type Pin = {
  readonly revision: Revision;
  /** What it was taken back from; absent: nobody knows that any more, and a person ends the pin. */
  readonly left?: Revision;
  /** What it ran last without the pin; absent: what was left. */
  readonly before?: Revision;
  /** Whether the journal says that the entity, under this id, came with another revision. */
  readonly isFromAnother: (entity: HeldEntity) => boolean;
  /** It waits for its turn in a rollout; nobody took anything back. */
  readonly isHold?: boolean;
};

export type PinnedInput = Omit<Parameters<typeof renderDesired>[0], 'settings' | 'affinity' | 'held' | 'formsOf'> &
  Pick<FormsInput, 'snapshot' | 'evidence' | 'protection'> & { readonly held: readonly HeldEntity[] };

/** What the control plane should hold under its pin, from the domains that discovery has now, and the switches of form that wait. */
export function desiredUnder({ revision, isHold }: Pin, input: PinnedInput) {
  const named = groupBy(revision.entities.filter(isNameTarget), (one) => one.domain);
  const wantedOf = ({ name }: Domain) => (named.has(name) ? formsIn(named.get(name) ?? []) : addressesAlone);
  const { formsOf, waiting } = decideForms({ ...input, wantedOf });
  const settings = adoptedIn([...revision.entities, ...input.held]);
  const data = renderDesired({ ...input, settings, affinity: revision.affinity, formsOf });
  const desired = underRevision(revision, data, input.held);
  return { desired: isHold ? desired : markPinned(desired, revision.id), waiting };
}

/** The revision that the control plane would run without its pin. */
export function newestBeside({ left, before = left }: Pin, desired: Omit<RevisionInput, 'before'>): Revision {
  return revisionOf({ ...desired, before });
}

/**
 * What is held, with the configuration that the control plane would have without its pin: that is what endpoints have to agree with, or those that
 * say what all tags say by now would wait for what they were.
 */
export function heldBeside({ left, before = left }: Pin, held: readonly HeldEntity[]): Document {
  const usual = groupBy(before?.entities ?? [], (one) => one.domain);
  const isRenewed = (one: HeldEntity) => usual.has(one.domain) && isRevoked(one) && !isAdopted(one);
  const present = new Set(held.map((one) => one.domain));
  const fieldsOf = ({ domain, kind, key }: HeldEntity) =>
    usual.get(domain)?.find((one) => one.kind === kind && one.key === key && !one.isPartial)?.fields;
  return [
    ...held.filter((one) => !isRenewed(one)).map((one) => ({ ...one, fields: fieldsOf(one) ?? one.fields })),
    ...(before?.entities ?? []).filter((one) => isRevoked(one) && !one.isPartial && present.has(one.domain)),
  ];
}

/** Whether the pin has ended: what it took back is another thing by now. */
export function isOver({ revision, left }: Pin, newest: Revision): boolean {
  return left !== undefined && isMended(newest, { revision, left });
}

/** Whether an entity that the revision is without leaves with the pin: never an upstream or a target. */
export function isTakenBack(entity: HeldEntity, pin: Pin): boolean {
  return isRevoked(entity) && !isAdopted(entity) && pin.isFromAnother(entity);
}

/** Whether a pin takes such an entity back where the revision is without it. */
export function isRevoked({ kind }: { readonly kind: Kind }): boolean {
  return kind === 'service' || kind === 'route' || kind === 'plugin';
}

/** What the revision is without and stays all the same. */
export function keptUnder(pin: Pin, unwanted: readonly HeldEntity[]): readonly Kept[] {
  if (pin.isHold) return [];
  return unwanted
    .filter((entity) => isRevoked(entity) && !isAdopted(entity) && !pin.isFromAnother(entity))
    .map(({ kind, key, domain }) => ({
      key,
      domain,
      reason: `revision ${pin.revision.id} does not have this ${kind}, and the journal does not say which revision created it; delete it by hand if nobody needs it`,
    }));
}

/** What the upstreams of zones that are held say of it. */
export function affinityOf(held: readonly HeldEntity[]): Affinity {
  const ofZones = held.filter((one) => zoneOf(one) !== undefined);
  if (ofZones.length === 0) return 'none';
  return ofZones.some(({ fields }) => fields.failover === true) ? 'failover' : 'weighted';
}
