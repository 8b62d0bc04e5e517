import { zoneOf } from '#deck/affinity';
import type { HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { isNameTarget, isOwnTarget } from '#deck/via';
import type { Change } from '../changes';
import { leaveOut } from '../dependants';
import { isIdle } from './idle';
import type { Policy } from './policy';
import { whyTooMuch } from './share';

/**
 * The changes that the brake withholds, and why. The rest of the plan goes ahead, since it may
 * repair the cause.
 */
export type Withheld = { readonly reason: string; readonly changes: readonly Change[] };

/** The plan without the withheld changes. Without `withheld` the brake withholds nothing. */
export type Braked = { readonly changes: readonly Change[]; readonly withheld?: Withheld };

/**
 * Withholds the removals of a plan that takes too many of the held addresses from their domains
 * (docs/decisions/0005). A switch to another form of a domain's addresses takes nothing away
 * (docs/decisions/0053-via.md).
 */
export function brake(changes: readonly Change[], held: readonly HeldEntity[], policy: Policy): Braked {
  const isReplaced = replacedBy(changes, held);
  const takesAway = (change: Change) => isTaking(change) && !isReplaced(change);
  const taken = changes.filter(takesAway);
  if (taken.length === 0) return { changes };
  const lost = lostAddresses(taken, held);
  const addresses = new Set(held.filter((one) => one.kind === 'target').map(addressOf));
  const share = { verb: 'removes', what: 'addresses', check: 'what discovery reports' };
  const reason = whyTooMuch({ ...share, taken: lost.size, held: addresses.size }, policy);
  if (reason === undefined) return { changes };
  const isLost = (change: Change) => takesAway(change) && lost.has(addressOf(change));
  const { left, leftOut } = leaveOut(changes, isLost);
  return { changes: left, withheld: { reason, changes: leftOut.map(({ change }) => change) } };
}

/**
 * An address within a domain, in any number of upstreams. An address that serves two domains counts
 * twice (fm-35).
 */
function addressOf({ domain, key }: Pick<HeldEntity, 'domain' | 'key'>): string {
  return `${domain} ${nameInParent(key)}`;
}

/** Whether the target leaves, or no longer gets requests. */
function isTaking({ action, kind, before, after }: Change): boolean {
  if (kind !== 'target' || action === 'create') return false;
  return action === 'delete' || (after !== undefined && isIdle(after) && !(before && isIdle(before)));
}

/**
 * Addresses that a domain loses. An address that leaves the upstream of a zone but stays in the
 * domain's own upstream is not lost.
 */
function lostAddresses(taken: readonly Change[], held: readonly HeldEntity[]): ReadonlySet<string> {
  const keys = new Set(taken.map((one) => one.key));
  const stays = (one: HeldEntity) => one.kind === 'target' && !zoneOf(one) && !keys.has(one.key);
  const left = new Set(held.filter(stays).map(addressOf));
  return new Set(taken.map(addressOf).filter((address) => !left.has(address)));
}

/**
 * Tells whether a removed target is replaced: the domain's own upstream keeps or gets a name
 * instead, or anything instead of a name.
 */
function replacedBy(changes: readonly Change[], held: readonly HeldEntity[]): (change: Change) => boolean {
  const deleted = new Set(changes.filter((one) => one.action === 'delete').map((one) => one.key));
  const created = changes.flatMap(({ action, after }) => (action === 'create' && after ? [after] : []));
  const left = [...held.filter(({ kind, key }) => kind === 'target' && !deleted.has(key)), ...created].filter(
    isOwnTarget,
  );
  const named = new Set(left.filter(isNameTarget).map((one) => one.domain));
  const filled = new Set(left.map((one) => one.domain));
  return (change) =>
    change.action === 'delete' && (named.has(change.domain) || (isNameTarget(change) && filled.has(change.domain)));
}
