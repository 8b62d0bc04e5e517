import type { ContractsConfig } from '#config/contracts';
import { compareText } from '#core/addresses/targets';
import type { EndpointConnection, ServiceState } from '#core/contracts/model';
import { isLetIn, isWaiting } from '#discovery/contracts/found/rules';
import type { Policy } from '../plan/removals/policy';
import type { ContractAction } from './actions';
import { type ContractStanding, standingBy } from './standing';

type Rules = Pick<ContractsConfig, 'accept' | 'reject' | 'consumers'>;
type Limits = Pick<Policy, 'mode'> & { readonly inUse: ReadonlySet<string> };

/** Plans accepts and rejects, only from connections that were read in this pass. */
export function planConnections(
  services: readonly ServiceState[],
  rules: Rules,
  { mode, inUse }: Limits,
): readonly ContractAction[] {
  const standingOf = standingBy(rules.consumers);
  const mayReject = rules.reject === 'uncontracted' && mode !== 'upsert-only';
  return services.flatMap((service) =>
    knownConnections(service).flatMap((connection) => {
      const standing = standingOf(service, connection);
      const { consumer, mayCall } = standing;
      const { endpointId, account } = connection;
      const about = { serviceId: service.serviceId, scopeId: service.scopeId, endpointId, account, consumer };
      if (rules.accept === 'contracted' && isAcceptable(connection, standing))
        return { action: 'accept' as const, ...about, reason: `${consumer} may call ${mayCall.join(', ')}` };
      return mayReject && !inUse.has(endpointId) && isRejectable(connection, standing)
        ? { action: 'reject' as const, ...about, reason: whyUncontracted(standing, account) }
        : [];
    }),
  );
}

/** Returns each endpoint once, ordered by id; none when AWS did not answer in this pass. */
function knownConnections({ connections }: ServiceState): readonly EndpointConnection[] {
  if (connections.status === 'unknown') return [];
  const byId = new Map(connections.value.map((one) => [one.endpointId, one]));
  return [...byId.values()].sort((one, other) => compareText(one.endpointId, other.endpointId));
}

function isAcceptable(connection: EndpointConnection, { mayCall }: ContractStanding): boolean {
  return isWaiting(connection) && mayCall.length > 0 && connection.misfit === undefined;
}

function isRejectable(connection: EndpointConnection, { mayCall, isUncertain }: ContractStanding): boolean {
  return (isWaiting(connection) || isLetIn(connection)) && mayCall.length === 0 && !isUncertain;
}

function whyUncontracted({ consumer }: ContractStanding, account: string | undefined): string {
  if (consumer === undefined) return `account ${account} is in no consumer of contracts`;
  return `consumer ${consumer} may call nothing behind this service`;
}
