import type { Problem } from '#core/errors';
import { claimEndpoints } from '../admission/admit';
import type { SeenEndpoint } from './model';

/** Why discovery would not use the endpoint if it had these tags: by the same admission that every pass makes; undefined where it would. */
export function whyNotAdmitted(
  endpoint: SeenEndpoint,
  tags: Readonly<Record<string, string>>,
  owner: string,
): Problem | undefined {
  const { id, scope, state, serviceName, vpcId, createdAtMs = 0, dnsNames, addresses, tagKeys, allow } = endpoint;
  const facts = { state, serviceName, vpcId, createdAtMs, dnsNames, addresses };
  const candidate = { id, tags: new Map(Object.entries({ ...endpoint.tags, ...tags })), state, facts };
  const { quarantined } = claimEndpoints([candidate], { config: { tags: tagKeys, allow }, owner, scope });
  const [refused] = quarantined;
  if (refused)
    return { reason: `with its tags endpoint ${id} would be in quarantine: ${refused.reason}`, fix: refused.fix };
  return undefined;
}
