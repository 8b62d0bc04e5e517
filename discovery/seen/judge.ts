import type { Problem } from '#core/errors';
import type { Endpoint } from '#core/model';
import { claimEndpoints } from '../admission/admit';
import type { SeenEndpoint } from './model';

/**
 * Judges the endpoint as discovery would with these additional tags, by the admission of every
 * pass. Returns the endpoint, or the reason for its quarantine.
 */
export function admittedWith(
  endpoint: SeenEndpoint,
  tags: Readonly<Record<string, string>>,
  owner: string,
): Endpoint | Problem {
  const { id, scope, state, serviceName, vpcId, createdAtMs = 0, dnsNames, addresses, tagKeys, allow } = endpoint;
  const plain = addresses.map(({ zoneName: _, ...address }) => address);
  const facts = { state, serviceName, vpcId, createdAtMs, dnsNames, addresses: plain };
  const candidate = { id, tags: new Map(Object.entries({ ...endpoint.tags, ...tags })), state, facts };
  const { endpoints, quarantined } = claimEndpoints([candidate], {
    config: { tags: tagKeys, allow },
    owner,
    scope,
  });
  const [refused] = quarantined;
  const [admitted] = endpoints;
  if (admitted) return admitted;
  return {
    reason: `endpoint ${id} would be in quarantine with its tags: it ${refused?.reason}`,
    fix: refused?.fix ?? 'correct its tags',
  };
}
