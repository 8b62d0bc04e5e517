import type { AllowConfig, TagKeys } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import type { Discovered, Endpoint, EndpointState, Quarantined, Scope } from '#core/model';
import { admit, findClaimRefusal, isRefusal, type Refusal, withRanges } from './allow';
import { cut, cutNames, isEndpointId } from './fields';
import { parseTags, type Tags } from './tags';

/** What an endpoint is, beside what it claims. */
export type Facts = Pick<
  Endpoint,
  'state' | 'reason' | 'createdAtMs' | 'serviceName' | 'vpcId' | 'dnsNames' | 'addresses'
>;

/** One tagged thing of a provider, before its tags are believed. */
export type Candidate = {
  readonly id: string;
  readonly tags: Tags;
  readonly state?: EndpointState;
  /** A text says what the provider leaves out. */
  readonly facts: Facts | string;
  /** Why the provider's answer about it cannot be read, its tags neither. */
  readonly problem?: string;
  /** Ranges of addresses that are granted to it beside the source's `allow.addresses`. */
  readonly grantedRanges?: readonly string[];
};

export type ClaimContext = {
  readonly config: { readonly tags: TagKeys; readonly allow: AllowConfig };
  readonly owner: string;
  readonly scope: Scope;
};

/** Takes the tags of each candidate for what the source's `allow` lets them claim: by id, an endpoint, or why it is quarantined. */
export function claimEndpoints(candidates: readonly Candidate[], context: ClaimContext): Discovered {
  const distinct = [...new Map(candidates.map((one) => [one.id, one])).values()];
  const claimed = distinct
    .sort((a, b) => compareText(a.id, b.id))
    .map((candidate) => claimEndpoint(candidate, context));
  return {
    endpoints: claimed.flatMap((one) => ('endpoint' in one ? [one.endpoint] : [])),
    quarantined: claimed.flatMap((one) => ('quarantined' in one ? [one.quarantined] : [])),
  };
}

type Claimed = { readonly endpoint: Endpoint } | { readonly quarantined: Quarantined };

function claimEndpoint(candidate: Candidate, { config, owner, scope }: ClaimContext): Claimed {
  const { id, tags, facts, grantedRanges = [] } = candidate;
  const unusable = (why: Refusal) => quarantine(candidate, scope, { ...why, domain: domainOf(candidate, config) });
  const problem = isEndpointId(id) ? candidate.problem : 'has an id that cannot become a tag of Kong';
  if (problem) return unusable({ ...missingFix, reason: problem });
  const gateway = tags.get(config.tags.gateway);
  if (gateway !== undefined && gateway !== owner) {
    const fix = `set the tag to ${owner}, or take it off, when it shall be used here`;
    return quarantine(candidate, scope, {
      code: 'other-gateway',
      reason: `is for ${config.tags.gateway} ${gateway}`,
      fix,
    });
  }
  const parsed = parseTags(tags, config.tags);
  if (!('claim' in parsed)) return unusable({ code: 'bad-tag', reason: parsed.problem, fix: parsed.fix });
  if (typeof facts === 'string') return unusable({ ...missingFix, reason: facts });
  const allow = withRanges(config.allow, grantedRanges);
  const texts = { reason: cut(facts.reason), serviceName: cut(facts.serviceName), dnsNames: cutNames(facts.dnsNames) };
  const admitted = admit({ ...parsed.claim, ...facts, ...texts, id, scopeId: scope.id, grantedPaths: [] }, allow);
  if (isRefusal(admitted)) return quarantine(candidate, scope, { ...admitted, domain: parsed.claim.domain });
  return { endpoint: admitted };
}

/** The domain that the candidate may claim, whatever else is wrong with it: the path of its name is kept for it meanwhile (fm-47). */
function domainOf({ tags, facts }: Candidate, config: ClaimContext['config']): string | undefined {
  const { domain: key } = config.tags;
  const parsed = parseTags(new Map([[key, tags.get(key) ?? '']]), config.tags);
  if (!('claim' in parsed)) return undefined;
  const known = typeof facts === 'string' ? {} : facts;
  return findClaimRefusal({ ...parsed.claim, ...known }, config.allow) ? undefined : parsed.claim.domain;
}

const missingFix = {
  code: 'missing-field',
  fix: 'it is read again in the next pass; if this stays, describe it with the AWS CLI',
} as const;

function quarantine(
  { id, state }: Candidate,
  { id: scopeId }: Scope,
  { reason, ...refusal }: Refusal & { readonly domain?: string },
): Claimed {
  return { quarantined: { endpointId: cut(id), scopeId, state, ...refusal, reason: cut(reason) } };
}
