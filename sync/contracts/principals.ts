import type { ContractsConfig } from '#config/contracts';
import { compareText } from '#core/addresses/targets';
import { accountOfPrincipal, consumersBy } from '#core/contracts/consumers';
import type { ServiceState } from '#core/contracts/model';
import type { Policy } from '../plan/removals/policy';
import type { ContractAction } from './actions';
import { contractedFor } from './standing';

/** Beginnings of region names, and the partition for ARNs. All other regions are in `aws`. */
const partitions = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
] as const;

function partitionOf(region: string): string {
  return partitions.find(([start]) => region.startsWith(start))?.[1] ?? 'aws';
}

type Rules = Pick<ContractsConfig, 'permissions' | 'consumers'>;

/** Plans allows and disallows, only from permissions that were read in this pass. */
export function planPrincipals(
  services: readonly ServiceState[],
  rules: Rules,
  { mode }: Pick<Policy, 'mode'>,
): readonly ContractAction[] {
  if (rules.permissions !== 'manage') return [];
  return services.flatMap((service) => {
    const { permissions, serviceId, scopeId } = service;
    if (permissions.status === 'unknown') return [];
    const held = new Set(permissions.value.map(({ principal }) => principal));
    const wanted = wantedPrincipals(service, rules.consumers);
    const about = (principal: string) => ({ serviceId, scopeId, principal, account: accountOfPrincipal(principal) });
    const allow = [...wanted]
      .filter(([principal]) => !held.has(principal))
      .map(([principal, consumer]): ContractAction => {
        const reason = `consumer ${consumer} connects as this principal`;
        return { action: 'allow', ...about(principal), consumer, reason };
      });
    const isNeeded = mode === 'upsert-only' ? () => true : neededBy(service, rules.consumers);
    const disallow = [...held]
      .filter((principal) => !wanted.has(principal) && !isNeeded(principal))
      .sort(compareText)
      .map((principal): ContractAction => {
        const reason = 'no consumer of this service connects as this principal';
        return { action: 'disallow', ...about(principal), reason };
      });
    return [...allow, ...disallow];
  });
}

/** Returns principals by ARN with their consumer. A consumer with only `endpoints` has none. */
function wantedPrincipals(service: ServiceState, consumers: Rules['consumers']): ReadonlyMap<string, string> {
  const partition = partitionOf(service.region);
  const named = contractedFor(service, consumers).flatMap(([name, { accounts = [], principals = [] }]) =>
    [...principals, ...accounts.map((id) => `arn:${partition}:iam::${id}:root`)].map((arn) => [arn, name] as const),
  );
  return new Map(named.sort(([one], [other]) => compareText(one, other)));
}

/**
 * Whether a consumer may need a principal that no consumer names. A consumer with only `endpoints`
 * needs principals of the accounts of its endpoints. When these accounts are unknown, it may need
 * any.
 */
function neededBy(service: ServiceState, consumers: Rules['consumers']): (principal: string) => boolean {
  const unnamed = contractedFor(service, consumers).filter(([, one]) => !one.accounts && !one.principals);
  if (unnamed.length === 0) return () => false;
  const { connections } = service;
  if (connections.status === 'unknown') return () => true;
  const consumerOf = consumersBy(Object.fromEntries(unnamed));
  const theirs = connections.value.filter((one) => consumerOf(one) !== undefined).map(({ account }) => account);
  if (theirs.includes(undefined)) return () => true;
  const accounts = new Set(theirs);
  return (principal) => accounts.has(accountOfPrincipal(principal) ?? '');
}
