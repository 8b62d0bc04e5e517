import type { ContractsConfig } from '#config/contracts';
import type { ContractsView } from '#core/contracts/model';
import type { Policy } from '../plan/removals/policy';
import { contractVerbs } from './actions';
import { type BrakedActions, brakeContracts } from './brake';
import { planConnections } from './connections';
import { planPrincipals } from './principals';

/** All that is to be done at AWS about contracts, in the order of doing it, without what the brake withholds; a part that is unknown brings nothing. */
export function planContracts(
  { services }: Pick<ContractsView, 'services'>,
  rules: Pick<ContractsConfig, 'accept' | 'reject' | 'permissions' | 'consumers'>,
  policy: Pick<Policy, 'mode' | 'maxRemovePercent' | 'allowRemovals'>,
): BrakedActions {
  const all = [...planConnections(services, rules, policy), ...planPrincipals(services, rules, policy)];
  const ordered = contractVerbs.flatMap((verb) => all.filter(({ action }) => action === verb));
  return brakeContracts(ordered, services, policy);
}
