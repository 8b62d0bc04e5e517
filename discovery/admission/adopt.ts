import type { AllowConfig } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import { isProblem } from '#core/errors';
import type { Discovered, Endpoint, Quarantined, Scope } from '#core/model';
import { admit, isDomainAllowed } from './allow';

export type AdoptOptions = {
  /** `allow` of the source that adopts the endpoints. */
  readonly allow: AllowConfig;
  /** The scope that owns the endpoints from now on. */
  readonly scope: Scope;
};

/**
 * Judges endpoints that another process, or an earlier one, discovered, as new answers are judged.
 * Returns each endpoint once, as it was observed last, ordered by id.
 */
export function adopt({ endpoints, quarantined }: Discovered, { allow, scope }: AdoptOptions): Discovered {
  const inTurn = [...endpoints].sort((a, b) => (a.observed?.atMs ?? 0) - (b.observed?.atMs ?? 0));
  const distinct = [...new Map(inTurn.map((one) => [one.id, one])).values()];
  const adopted: Endpoint[] = [];
  const refused: Quarantined[] = quarantined.map(({ domain, ...one }) => {
    // The path of the domain stays reserved for a quarantined endpoint that may claim the domain.
    const allowed = domain !== undefined && isDomainAllowed(domain, allow) ? { domain } : {};
    return { ...one, ...allowed, scopeId: scope.id };
  });
  for (const endpoint of distinct.sort((a, b) => compareText(a.id, b.id))) {
    const { id: endpointId, domain, state, observed } = endpoint;
    const admitted = admit({ ...endpoint, scopeId: scope.id }, allow);
    if (isProblem(admitted)) refused.push({ endpointId, scopeId: scope.id, domain, state, ...admitted, observed });
    else adopted.push(admitted);
  }
  return { endpoints: adopted, quarantined: refused };
}
