import type { AllowConfig } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import { isProblem } from '#core/errors';
import type { Discovered, Endpoint, Quarantined, Scope } from '#core/model';
import { admit, isDomainAllowed } from './allow';

export type AdoptOptions = {
  /** Of the source that takes them over. */
  readonly allow: AllowConfig;
  /** The scope to which they belong from now on. */
  readonly scope: Scope;
};

/** What somebody else discovered, or an earlier process, judged as a new answer is: endpoints by id, each once, as it was observed last. */
export function adopt({ endpoints, quarantined }: Discovered, { allow, scope }: AdoptOptions): Discovered {
  const inTurn = [...endpoints].sort((a, b) => (a.observed?.atMs ?? 0) - (b.observed?.atMs ?? 0));
  const distinct = [...new Map(inTurn.map((one) => [one.id, one])).values()];
  const adopted: Endpoint[] = [];
  const refused: Quarantined[] = quarantined.map(({ domain, ...one }) => {
    // The path of its name is kept for the domain of a quarantined endpoint, where it may claim one.
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
