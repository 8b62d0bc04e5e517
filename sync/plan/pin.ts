import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import { adoptedIn, isAdopted } from '#deck/adopted';
import { type Affinity, preferredWeight, zoneOf } from '#deck/affinity';
import { renderDesired } from '#deck/desired';
import type { Document, HeldEntity, Kind } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { isMended, markPinned, type Revision, type RevisionInput, revisionOf, underRevision } from '#deck/revision';
import { addressesAlone, formsIn, isNameTarget } from '#deck/via';
import type { Kept } from './changes';
import { decideForms, type FormsInput } from './via';

/** The revision that a control plane is pinned to, with what the journal knows. */
export type Pin = {
  readonly revision: Revision;
  /**
   * The revision that was rolled back. Absent: it is no longer known, and a person has to end the
   * pin.
   */
  readonly left?: Revision;
  /** The last revision without the pin. Absent: the same as `left`. */
  readonly before?: Revision;
  /** Whether the journal says that another revision created the entity with this id. */
  readonly isFromAnother: (entity: HeldEntity) => boolean;
  /** The stage waits for its turn in a rollout; nobody rolled anything back. */
  readonly isHold?: boolean;
};

export type PinnedInput = Omit<Parameters<typeof renderDesired>[0], 'settings' | 'affinity' | 'held' | 'formsOf'> &
  Pick<FormsInput, 'snapshot' | 'evidence' | 'protection'> & { readonly held: readonly HeldEntity[] };

/**
 * Returns what the control plane should hold under its pin, with the domains of today, and the
 * switches of form that wait.
 */
export function desiredUnder({ revision, isHold }: Pin, input: PinnedInput) {
  const named = groupBy(revision.entities.filter(isNameTarget), (one) => one.domain);
  const wantedOf = ({ name }: Domain) => (named.has(name) ? formsIn(named.get(name) ?? []) : addressesAlone);
  const { formsOf, waiting } = decideForms({ ...input, wantedOf });
  const settings = adoptedIn([...revision.entities, ...input.held]);
  const data = renderDesired({ ...input, settings, affinity: revision.affinity, formsOf });
  const desired = underRevision(revision, data, input.held);
  return { desired: isHold ? desired : markPinned(desired, revision.id), waiting };
}

/** Returns the revision that the control plane would run without its pin. */
export function newestBeside({ left, before = left }: Pin, desired: Omit<RevisionInput, 'before'>): Revision {
  return revisionOf({ ...desired, before });
}

/**
 * Returns the held entities with the configuration that they would have without the pin. Endpoints
 * have to agree with this configuration: otherwise endpoints with the new tags would wait for the
 * old ones.
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

/** Whether the pin has ended: the configuration that was rolled back has changed since. */
export function isOver({ revision, left }: Pin, newest: Revision): boolean {
  return left !== undefined && isMended(newest, { revision, left });
}

/**
 * Whether an entity that the revision does not have leaves with the pin. Upstreams and targets
 * never do.
 */
export function isTakenBack(entity: HeldEntity, pin: Pin): boolean {
  return isRevoked(entity) && !isAdopted(entity) && pin.isFromAnother(entity);
}

/** Whether a pin removes entities of this kind when the revision does not have them. */
export function isRevoked({ kind }: { readonly kind: Kind }): boolean {
  return kind === 'service' || kind === 'route' || kind === 'plugin';
}

/** Entities that stay although the revision does not have them. */
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

/**
 * Reads the affinity from the held upstreams of zones. Without a failover mark, the weight of an
 * address in its own zone tells it: `failover` writes the weight from the domain's own upstream,
 * and `weighted` ten times that. Other weights prove nothing: a write may have failed halfway.
 */
export function affinityOf(held: readonly HeldEntity[]): Affinity {
  const ofZones = held.filter((one) => zoneOf(one) !== undefined);
  if (ofZones.length === 0) return 'none';
  if (ofZones.some(({ fields }) => fields.failover === true)) return 'failover';
  const addressOf = ({ domain, key }: HeldEntity) => `${domain}|${nameInParent(key)}`;
  const isOwn = (one: HeldEntity) => one.kind === 'target' && zoneOf(one) === undefined;
  const ownWeights = new Map(held.filter(isOwn).map((one) => [addressOf(one), weightOf(one)]));
  const weights = ofZones.flatMap((one) => {
    const own = ownWeights.get(addressOf(one)) ?? 0;
    return own > 0 ? [{ weight: weightOf(one), own }] : [];
  });
  if (weights.some(({ weight, own }) => weight === preferredWeight(own))) return 'weighted';
  return weights.some(({ weight, own }) => weight === own && own > 1) ? 'failover' : 'weighted';
}

function weightOf({ fields }: HeldEntity): number {
  return typeof fields.weight === 'number' ? fields.weight : 0;
}
