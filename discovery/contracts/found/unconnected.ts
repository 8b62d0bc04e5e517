import { accountsIn } from '#core/contracts/consumers';
import type { ServiceState } from '#core/contracts/model';
import type { ContractFinding } from './finding';
import { type ContractRules, domainsBehind, isLive } from './rules';

/**
 * Consumers of the contract without an endpoint at the service. All services of the gateway lead to
 * the same domains, so one endpoint at one of them is enough. The first service has the finding.
 */
export function unconnectedFindings(
  service: ServiceState,
  all: readonly ServiceState[],
  rules: ContractRules,
): readonly ContractFinding[] {
  const alike = service.domains ? [service] : all.filter(({ domains }) => !domains);
  if (alike[0] !== service || alike.some(({ connections }) => connections.status === 'unknown')) return [];
  const live = alike
    .flatMap(({ connections }) => (connections.status === 'known' ? connections.value : []))
    .filter(isLive);
  // The consumer of an endpoint without an account is unknown.
  const connected = new Set(live.map(rules.consumerOf));
  return Object.entries(rules.consumers).flatMap(([consumer, one]) => {
    const behind = domainsBehind(service, rules, consumer);
    if (behind.length === 0 || connected.has(consumer)) return [];
    const ids = alike.map(({ serviceId }) => serviceId).join(' or ');
    const accounts = accountsIn(one);
    const where = accounts.length > 0 ? ` in account ${accounts.join(' or ')}` : '';
    const listed = one.endpoints ? `, and list it in contracts.consumers.${consumer}.endpoints` : '';
    return {
      code: 'contract-unconnected' as const,
      serviceId: service.serviceId,
      consumer,
      reason: `consumer ${consumer} may call ${behind.join(', ')}, and no endpoint of it is connected to ${ids}`,
      fix: `create an interface endpoint to it${where}${listed}, or take the consumer out of contracts`,
    };
  });
}
