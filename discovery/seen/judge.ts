import type { Problem } from '#core/errors';
import type { Endpoint } from '#core/model';
import { claimEndpoints } from '../admission/admit';
import type { SeenEndpoint } from './model';

/** What discovery would make of the endpoint if it had these tags on top of its own, by the admission that every pass makes; or why it would be in quarantine. */
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
