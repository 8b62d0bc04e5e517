import { compareText } from '#core/addresses/targets';
import type { EndpointConnection } from '#core/contracts/model';
import { formatProblem } from '#core/errors';
import type { AccountScope } from '../aws/accounts';
import type { ConnectionItem } from '../aws/readers/services';
import type { Failure } from '../scope-memory';
import type { PartOutcome } from './parts';

/** Whether AWS lists the service in this pass; `unasked`: the question failed. */
export type ServiceStanding = 'listed' | 'absent' | 'unasked';

export type AskedService = {
  readonly serviceId: string;
  readonly scope: AccountScope;
  readonly standing: ServiceStanding;
};

/**
 * Whether the listed connections belong to the service. For a service of another account or region,
 * and for a deleted one, AWS lists none and reports no error. So an empty list is believed only
 * when AWS lists the service.
 */
export function judgeConnections(
  asking: AskedService,
  outcome: PartOutcome<readonly EndpointConnection[]>,
): PartOutcome<readonly EndpointConnection[]> {
  const { serviceId, scope, standing } = asking;
  if ('failure' in outcome) return outcome;
  if (standing === 'absent') return { failure: unknownService(asking) };
  if (standing === 'listed' || outcome.value.length > 0) return outcome;
  const reason = `scope ${scope.id}: AWS lists no connection to ${serviceId}, and does not say whether it knows the service`;
  const fix = 'allow ec2:DescribeVpcEndpointServiceConfigurations; what was known stays in use';
  return { failure: { code: 'UNCONFIRMED', reason: formatProblem({ reason, fix }) } };
}

/** A part of a service that AWS does not know here is unknown, whatever AWS says about the part. */
export function judgePart<T>(asking: AskedService, outcome: PartOutcome<T>): PartOutcome<T> {
  return asking.standing === 'absent' ? { failure: unknownService(asking) } : outcome;
}

/** The failure of a service that AWS does not know. */
export function unknownService({ serviceId, scope }: Pick<AskedService, 'serviceId' | 'scope'>): Failure {
  const { account, region, roleArn } = scope;
  const whose = account === 'self' ? 'the account of the credentials in use' : `account ${account}`;
  const reason = `AWS knows no endpoint service ${serviceId} in ${whose}, region ${region}`;
  const role = roleArn ? `roleArn (${roleArn})` : 'roleArn (absent)';
  const command = `aws ec2 describe-vpc-endpoint-service-configurations --region ${region}`;
  const fix = `correct id, region or ${role} of it in contracts.services (${command} lists the services of an account), or take it out where it was deleted`;
  return { code: 'OTHER_ACCOUNT', reason: formatProblem({ reason, fix }) };
}

/**
 * The connections of one service out of the list of its place, ordered by endpoint. An unreadable
 * one stays as last known, with a mark; its service may come from that knowledge too. Pages may
 * overlap, so the last item of an endpoint wins. An endpoint keeps its account: a missing account
 * is the last known one.
 */
export function connectionsOf(
  serviceId: string,
  items: readonly ConnectionItem[],
  before: readonly EndpointConnection[] = [],
): readonly EndpointConnection[] {
  const known = new Map(before.map((one) => [one.endpointId, one]));
  const own = new Map<string, EndpointConnection>();
  for (const item of items) {
    const { endpointId, misfit } = item;
    if ((item.serviceId ?? (known.has(endpointId) ? serviceId : undefined)) !== serviceId) continue;
    const last = known.get(endpointId);
    const account = item.account ?? last?.account;
    const told = misfit !== undefined && last ? { ...last, misfit } : { ...item, ...(account && { account }) };
    own.set(endpointId, { ...told, serviceId });
  }
  return [...own.values()].sort((one, other) => compareText(one.endpointId, other.endpointId));
}
