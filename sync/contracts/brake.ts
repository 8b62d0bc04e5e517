import type { ServiceState } from '#core/contracts/model';
import { formatProblem } from '#core/errors';
import { groupBy } from '#core/group-by';
import { isLetIn } from '#discovery/contracts/found/rules';
import type { Policy } from '../plan/removals/policy';
import { actionSubject, type ContractAction, type WithheldActions } from './actions';

/** Below this many a percentage says nothing, and the brake does not act (as in plan/removals/brake.ts). */
const brakeFrom = 10;

export type BrakedActions = {
  readonly actions: readonly ContractAction[];
  /** None: nothing is withheld. */
  readonly withheld: readonly WithheldActions[];
};

/** What can be taken away, and what it is called. */
type Taking = { readonly verb: 'rejects' | 'removes'; readonly what: string; readonly held: ReadonlySet<string> };

/** Withholds rejections of too large a share of the connections that are accepted, and removals of too large a share of the principals. */
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
  { maxRemovePercent, allowRemovals = 0 }: Pick<Policy, 'maxRemovePercent' | 'allowRemovals'>,
): WithheldActions | undefined {
  const isTaking = ({ action }: ContractAction) => action === 'reject' || action === 'disallow';
  const taken = actions.filter((one) => isTaking(one) && held.has(`${one.serviceId} ${actionSubject(one)}`));
  const percent = (taken.length / held.size) * 100;
  if (held.size < brakeFrom || percent <= maxRemovePercent || taken.length <= allowRemovals) return undefined;
  const services = groupBy(taken, ({ serviceId }) => serviceId).size;
  const where = services === 1 ? ` of ${taken[0]?.serviceId}` : ` of ${services} services`;
  const reason = formatProblem({
    reason: `the plan ${verb} ${taken.length} of ${held.size} ${what} (${Math.round(percent)} %)${where}, more than policy.maxRemovePercent ${maxRemovePercent} %`,
    fix: `check contracts.consumers; when it is right, --allow-removals ${taken.length} lets them go this once`,
  });
  return { reason, actions: taken };
}

function acceptedIn({ serviceId, connections }: ServiceState): readonly string[] {
  if (connections.status === 'unknown') return [];
  return connections.value.filter(isLetIn).map(({ endpointId }) => `${serviceId} ${endpointId}`);
}

function allowedIn({ serviceId, permissions }: ServiceState): readonly string[] {
  if (permissions.status === 'unknown') return [];
  return permissions.value.map(({ principal }) => `${serviceId} ${principal}`);
}
