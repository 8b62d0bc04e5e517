import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { claim } from '#config/claims';
import type { AllowConfig, TagKeys } from '#config/schema';
import type { Problem } from '#core/errors';
import type { Discovered, Scope } from '#core/model';
import { type Candidate, claimEndpoints } from '../admission/admit';
import type { Answer, Source } from '../source';

/** A claim in the configuration, in place of a provider's tags. */
export type WrittenClaim = Readonly<z.infer<z.ZodObject<typeof claim>>>;

/** Addresses and the configuration's claim for them. */
export type Claimed = {
  readonly id: string;
  readonly claim: WrittenClaim;
  readonly ips: readonly string[];
  readonly dnsNames?: readonly string[];
  /** As in Candidate. */
  readonly problem?: Problem;
  readonly grantedRanges?: readonly string[];
};

/** The claim's own fields serve as tags, so that the same rules read both. */
const fields: TagKeys = {
  domain: 'domain',
  protocol: 'protocol',
  port: 'port',
  host: 'host',
  path: 'paths',
  weight: 'weight',
  gateway: 'gateway',
};

export type ClaimedSourceConfig = {
  readonly name: string;
  readonly type: string;
  readonly region: string;
  readonly allow: AllowConfig;
};

/** Reads the only scope of a source, as `ScopeReader.discover` does. */
export type ReadClaimed = (scope: Scope, signal: AbortSignal) => Promise<Answer>;

/** A source without accounts. Its one scope is `<source>.<type>.<region>`. */
export function createClaimedSource({ name, type, region, allow }: ClaimedSourceConfig, read: ReadClaimed): Source {
  const scope: Scope = { id: `${name}.${type}.${region}`, source: name, account: type, region };
  return { name, allow, scopes: () => [{ scope, discover: (signal) => read(scope, signal) }] };
}

/** Checks claims of the configuration as tags are checked, and against the source's `allow`. */
export function discoverClaimed(claimed: readonly Claimed[], allow: AllowConfig, scope: Scope): Discovered {
  const config = { tags: fields, allow };
  return claimEndpoints(
    claimed.map((one) => candidateOf(one, scope)),
    { config, owner: '', scope },
  );
}

/**
 * A short text that differs when the parts differ. Endpoint ids become tags, which allow neither
 * long names nor every character.
 */
export function shortDigestOf(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12);
}

function candidateOf({ claim: written, ips, dnsNames = [], ...rest }: Claimed, { region }: Scope): Candidate {
  const addresses = ips.map((ip) => ({ ip, region }));
  const state = 'available';
  return { ...rest, tags: tagsOf(written), state, facts: { state, createdAtMs: 0, dnsNames, addresses } };
}

function tagsOf({ domain, protocol, port, host, paths, weight }: WrittenClaim): ReadonlyMap<string, string> {
  const values = { domain, protocol, port, host, paths: paths?.join(' '), weight };
  return new Map(
    Object.entries(values).flatMap(([field, value]) => (value === undefined ? [] : [[field, String(value)]])),
  );
}
