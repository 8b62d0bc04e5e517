import type { AllowConfig, TagKeys } from '#config/schema';
import { compareText } from '#core/addresses/targets';
import { isProblem, type Problem } from '#core/errors';
import type { Discovered, Endpoint, EndpointState, Quarantined, Scope } from '#core/model';
import { admit, findClaimRefusal, type Refusal, withRanges } from './allow';
import { cut, cutNames, isEndpointId, missingField } from './fields';
import { type CallKey, callTag, parseTags, type Tags } from './tags';

/** What the provider states about an endpoint, beside its claim. */
export type Facts = Pick<
  Endpoint,
  'state' | 'reason' | 'createdAtMs' | 'serviceName' | 'vpcId' | 'dnsNames' | 'addresses'
>;

/** One tagged thing of a provider, before its tags are checked. */
export type Candidate = {
  readonly id: string;
  readonly tags: Tags;
  /** How messages name a tag where the provider has attributes or fields in place of tags. */
  readonly callKey?: CallKey;
  readonly state?: EndpointState;
  /**
   * Or the reason why the provider gives none. The code is `missing-field` where the reason has
   * none.
   */
  readonly facts: Facts | (Problem & Partial<Refusal>);
  /** Why the provider's answer about it cannot be read. Its tags cannot be read then either. */
  readonly problem?: Problem;
  /** Address ranges that this candidate may use beside the source's `allow.addresses`. */
  readonly grantedRanges?: readonly string[];
};

export type ClaimContext = {
  readonly config: { readonly tags: TagKeys; readonly allow: AllowConfig };
  readonly owner: string;
  readonly scope: Scope;
};

/**
 * Turns the tags of each candidate into an endpoint, or into the reason for its quarantine. `allow`
 * of the source limits the claims. Both lists are ordered by id.
 */
export function claimEndpoints(candidates: readonly Candidate[], context: ClaimContext): Discovered {
  const distinct = [...new Map(candidates.map((one) => [one.id, one])).values()];
  const claimed = distinct
    .sort((a, b) => compareText(a.id, b.id))
    .map((candidate) => claimEndpoint(candidate, context));
  return {
    endpoints: claimed.flatMap((one) => (isProblem(one) ? [] : [one])),
    quarantined: claimed.filter(isProblem),
  };
}

function claimEndpoint(candidate: Candidate, { config, owner, scope }: ClaimContext): Endpoint | Quarantined {
  const { id, tags, facts, grantedRanges = [], callKey = callTag } = candidate;
  const unusable = (why: Refusal) => quarantine(candidate, scope, { ...why, domain: domainOf(candidate, config) });
  const problem = isEndpointId(id) ? candidate.problem : missingField('has an id that cannot become a tag of Kong');
  if (problem) return unusable({ code: 'missing-field', ...problem });
  const gateway = tags.get(config.tags.gateway);
  if (gateway !== undefined && gateway !== owner) {
    const fix = `set ${callKey(config.tags.gateway)} to ${owner} to use the endpoint here, or remove the tag`;
    return quarantine(candidate, scope, {
      code: 'other-gateway',
      reason: `is for ${config.tags.gateway} ${gateway}`,
      fix,
    });
  }
  const claim = parseTags(tags, config.tags, callKey);
  if (isProblem(claim)) return unusable({ code: 'bad-tag', ...claim });
  if (isProblem(facts)) return unusable({ code: 'missing-field', ...facts });
  const allow = withRanges(config.allow, grantedRanges);
  const texts = { reason: cut(facts.reason), serviceName: cut(facts.serviceName), dnsNames: cutNames(facts.dnsNames) };
  const admitted = admit({ ...claim, ...facts, ...texts, id, scopeId: scope.id, grantedPaths: [] }, allow);
  return isProblem(admitted) ? quarantine(candidate, scope, { ...admitted, domain: claim.domain }) : admitted;
}

/**
 * The domain that the candidate may claim, even when another part of it is wrong. The path of that
 * domain stays reserved for it meanwhile (fm-47).
 */
function domainOf({ tags, facts }: Candidate, config: ClaimContext['config']): string | undefined {
  const { domain: key } = config.tags;
  const claim = parseTags(new Map([[key, tags.get(key) ?? '']]), config.tags);
  if (isProblem(claim)) return undefined;
  const known = isProblem(facts) ? {} : facts;
  return findClaimRefusal({ ...claim, ...known }, config.allow) ? undefined : claim.domain;
}

function quarantine(
  { id, state }: Candidate,
  { id: scopeId }: Scope,
  { reason, ...refusal }: Refusal & { readonly domain?: string },
): Quarantined {
  return { endpointId: cut(id), scopeId, state, ...refusal, reason: cut(reason) };
}
