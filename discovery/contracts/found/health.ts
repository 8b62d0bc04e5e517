import type { ServiceState } from '#core/contracts/model';
import { untoldZone } from '../health';
import type { ContractFinding } from './finding';

/** Zones with unhealthy targets behind the service. */
export function healthFindings({ serviceId, health }: ServiceState): readonly ContractFinding[] {
  if (health?.status !== 'known') return [];
  return health.value
    .filter(({ unhealthy }) => unhealthy > 0)
    .map(({ zoneId, healthy, unhealthy }) => {
      const where = zoneId === untoldZone ? 'whose zone AWS does not tell' : `in ${zoneId}`;
      const all = healthy + unhealthy;
      const share = healthy === 0 ? `none of the ${all}` : `${healthy} of the ${all}`;
      return {
        code: 'targets-unhealthy',
        serviceId,
        reason: `behind ${serviceId}, ${share} targets ${where} ${healthy <= 1 ? 'is' : 'are'} healthy`,
        fix: 'look at the health checks of the target groups behind its network load balancer, and at what listens there',
      };
    });
}
