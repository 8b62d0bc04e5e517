import type { ServiceState } from '#core/contracts/model';
import { groupBy } from '#core/group-by';
import { isLetIn } from '#discovery/contracts/found/rules';
import type { Policy } from '../plan/removals/policy';
import { whyTooMuch } from '../plan/removals/share';
import { actionSubject, type ContractAction, type WithheldActions } from './actions';

export type BrakedActions = {
  readonly actions: readonly ContractAction[];
  /** Empty: the brake withholds nothing. */
  readonly withheld: readonly WithheldActions[];
};

/** One kind of removal: its verb and noun for messages, and all held things of the kind. */
type Taking = { readonly verb: 'rejects' | 'removes'; readonly what: string; readonly held: ReadonlySet<string> };

/**
 * Withholds rejections when they are too large a share of the accepted connections, and removals
 * when they are too large a share of the allowed principals.
 */
export function brakeContracts(
  actions: readonly ContractAction[],
  services: readonly ServiceState[],
  policy: Pick<Policy, 'maxRemovePercent' | 'allowRemovals'>,
): BrakedActions {
  const takings: readonly Taking[] = [
    { verb: 'rejects', what: 'accepted connections', held: new Set(services.flatMap(acceptedIn)) },
    { verb: 'removes', what: 'allowed principals', held: new Set(services.flatMap(allowedIn)) },
  ];
  const withheld = takings.flatMap((one) => withheldOf(actions, one, policy) ?? []);
  const isHeld = new Set(withheld.flatMap((one) => one.actions));
  return { actions: actions.filter((one) => !isHeld.has(one)), withheld };
}

function withheldOf(
  actions: readonly ContractAction[],
  { verb, what, held }: Taking,
  policy: Pick<Policy, 'maxRemovePercent' | 'allowRemovals'>,
): WithheldActions | undefined {
  const isTaking = ({ action }: ContractAction) => action === 'reject' || action === 'disallow';
  const taken = actions.filter((one) => isTaking(one) && held.has(`${one.serviceId} ${actionSubject(one)}`));
  const services = groupBy(taken, ({ serviceId }) => serviceId).size;
  const where = services === 1 ? ` of ${taken[0]?.serviceId}` : ` of ${services} services`;
  const share = { verb, what, where, check: 'contracts.consumers' };
  const reason = whyTooMuch({ ...share, taken: taken.length, held: held.size }, policy);
  return reason === undefined ? undefined : { reason, actions: taken };
}

function acceptedIn({ serviceId, connections }: ServiceState): readonly string[] {
  if (connections.status === 'unknown') return [];
  return connections.value.filter(isLetIn).map(({ endpointId }) => `${serviceId} ${endpointId}`);
}

function allowedIn({ serviceId, permissions }: ServiceState): readonly string[] {
  if (permissions.status === 'unknown') return [];
  return permissions.value.map(({ principal }) => `${serviceId} ${principal}`);
}
