import { accountOfPrincipal, accountsIn } from '#core/contracts/consumers';
import { lastKnown, type Permission, type ServiceState } from '#core/contracts/model';
import type { ContractFinding } from './finding';
import { type ContractRules, domainsBehind, isLive } from './rules';

/** Findings about the allowed principals of a service, beside its connections and the contract. */
export function accessFindings(service: ServiceState, rules: ContractRules): readonly ContractFinding[] {
  const { permissions } = service;
  if (permissions.status === 'unknown') return [];
  const unused = unusedBy(service, rules);
  return permissions.value.flatMap((one): readonly ContractFinding[] => {
    if (one.principal === '*') return [anyone(service)];
    const account = unused(one);
    return account === undefined ? [] : [unusedPrincipal(service, one, account)];
  });
}

function anyone({ serviceId, setup }: ServiceState): ContractFinding {
  const isOpen = lastKnown(setup)?.acceptanceRequired === false;
  const open = isOpen ? ', and is let in at once, since the service requires no acceptance' : '';
  return {
    code: 'anyone-allowed',
    serviceId,
    principal: '*',
    reason: `* is among the allowed principals of ${serviceId}: every AWS account may ask to connect${open}`,
    fix: `allow the principals of contracts.consumers alone, as sync does with contracts.permissions: manage${isOpen ? '; and require acceptance' : ''}`,
  };
}

/**
 * Returns the account of an unused principal. An unconnected consumer of the contract is a finding
 * of its own.
 */
function unusedBy(service: ServiceState, rules: ContractRules): (permission: Permission) => string | undefined {
  const { connections } = service;
  if (connections.status === 'unknown') return () => undefined;
  const live = connections.value.filter(isLive);
  // An endpoint without an account may belong to any account.
  if (live.some(({ account }) => account === undefined)) return () => undefined;
  const used = new Set(live.map(({ account }) => account));
  const awaited = new Set(
    Object.entries(rules.consumers).flatMap(([name, one]) =>
      domainsBehind(service, rules, name).length > 0 ? accountsIn(one) : [],
    ),
  );
  return ({ principal }) => {
    const account = accountOfPrincipal(principal);
    return account === undefined || used.has(account) || awaited.has(account) ? undefined : account;
  };
}

function unusedPrincipal(
  { serviceId, region }: ServiceState,
  { principal }: Permission,
  account: string,
): ContractFinding {
  const command = `aws ec2 modify-vpc-endpoint-service-permissions --region ${region} --service-id ${serviceId} --remove-allowed-principals ${principal}`;
  return {
    code: 'principal-unused',
    serviceId,
    principal,
    account,
    reason: `${principal} may connect to ${serviceId}, but account ${account} has no endpoint there and is no consumer in contracts`,
    fix: `remove it (${command}), or name it in contracts.consumers`,
  };
}
