import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import type { ContractFinding } from './finding';
import { type ContractRules, domainsBehind, isLetIn, isWaiting } from './rules';

/** Findings about the state of each connection, beside the contract. */
export function connectionFindings(service: ServiceState, rules: ContractRules): readonly ContractFinding[] {
  const { connections, serviceId, region } = service;
  if (connections.status === 'unknown') return [];
  return connections.value.flatMap((one) => {
    const consumer = rules.consumerOf(one);
    const { endpointId, account, misfit } = one;
    const about = { serviceId, endpointId, ...(consumer && { consumer }), ...(account && { account }) };
    if (misfit !== undefined) return { ...about, ...unreadable(one, misfit) };
    const behind = domainsBehind(service, rules, consumer);
    const calls = (verb: string) =>
      `aws ec2 ${verb}-vpc-endpoint-connections --region ${region} --service-id ${serviceId} --vpc-endpoint-ids ${endpointId}`;
    if (isWaiting(one) && behind.length > 0) {
      const fix =
        rules.accept === 'contracted'
          ? 'the next sync accepts it, where policy and approval let it'
          : `accept it (${calls('accept')}), or set contracts.accept to contracted`;
      const reason = `${ownerWords(one)} of consumer ${consumer} waits to be accepted at ${serviceId}, and may call ${behind.join(', ')}`;
      return { ...about, code: 'pending-contracted', reason, fix };
    }
    if (isLetIn(one) && behind.length === 0)
      return { ...about, code: 'accepted-uncontracted', ...uncontracted(one, consumer, calls('reject')) };
    return [];
  });
}

function ownerWords({ endpointId, account }: EndpointConnection): string {
  return account === undefined ? `endpoint ${endpointId}` : `endpoint ${endpointId} (account ${account})`;
}

function unreadable(one: EndpointConnection, misfit: string): Pick<ContractFinding, 'code' | 'reason' | 'fix'> {
  return {
    code: 'connection-unreadable',
    reason: `AWS gives the connection of ${ownerWords(one)} to ${one.serviceId} in a form that cannot be read (${misfit}): it stays as it was last known, and is neither accepted nor rejected`,
    fix: 'the next pass reads it again; if the problem stays, describe it with the AWS CLI',
  };
}

function uncontracted(one: EndpointConnection, consumer: string | undefined, command: string) {
  const whose =
    consumer === undefined
      ? `${ownerWords(one)} is connected to ${one.serviceId}, and is of no consumer in contracts`
      : `${ownerWords(one)} of consumer ${consumer} is connected to ${one.serviceId}, behind which it may call nothing`;
  const named =
    consumer === undefined
      ? 'its account, or its id, in contracts.consumers'
      : `a domain in contracts.consumers.${consumer}.calls`;
  const fix = `name ${named} if it may call, or reject it (${command})`;
  return { reason: whose, fix };
}
