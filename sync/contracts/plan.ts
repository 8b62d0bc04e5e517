import type { ContractsConfig } from '#config/contracts';
import type { ContractsView } from '#core/contracts/model';
import type { Policy } from '../plan/removals/policy';
import { contractVerbs } from './actions';
import { type BrakedActions, brakeContracts } from './brake';
import { planConnections } from './connections';
import { planPrincipals } from './principals';

/**
 * Plans all actions at AWS about contracts, in the order of execution, without withheld actions. An
 * unknown part leads to no action. `inUse`: ids of endpoints through which the gateway itself
 * reaches domains. The product never rejects these.
 */
export function planContracts(
  { services }: Pick<ContractsView, 'services'>,
  rules: Pick<ContractsConfig, 'accept' | 'reject' | 'permissions' | 'consumers'>,
  policy: Pick<Policy, 'mode' | 'maxRemovePercent' | 'allowRemovals'>,
  inUse: ReadonlySet<string> = new Set(),
): BrakedActions {
  const connections = planConnections(services, rules, { ...policy, inUse });
  const all = [...connections, ...planPrincipals(services, rules, policy)];
  const ordered = contractVerbs.flatMap((verb) => all.filter(({ action }) => action === verb));
  return brakeContracts(ordered, services, policy);
}
