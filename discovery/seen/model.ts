import type { AllowConfig, TagKeys } from '#config/schema';
import type { ErrorCode, Problem } from '#core/errors';
import type { Address, EndpointState, Scope } from '#core/model';

/** An address of an endpoint's interface, with the name of its zone: names of zones differ between accounts, and are part of zonal DNS names. */
export type SeenAddress = Address & { readonly zoneName?: string };

/** A VPC endpoint as AWS states it, whether it has tags of ours or not. */
export type SeenEndpoint = {
  readonly id: string;
  /** The scope that read it. */
  readonly scope: Scope;
  /** The keys of tags that its source reads. */
  readonly tagKeys: TagKeys;
  /** What its source may claim. */
  readonly allow: AllowConfig;
  /** The id of its AWS account, where AWS says it. */
  readonly accountId?: string;
  /** AWS's spelling, such as `Interface`. */
  readonly type: string;
  readonly state: EndpointState;
  readonly serviceName?: string;
  readonly vpcId?: string;
  /** Unix epoch, milliseconds. */
  readonly createdAtMs?: number;
  /** Regional, zonal and private names, as AWS gives them. */
  readonly dnsNames: readonly string[];
  /** None for an endpoint that is gone, or whose interfaces AWS does not list. */
  readonly addresses: readonly SeenAddress[];
  /** All tags of the endpoint, ours and those of others. */
  readonly tags: Readonly<Record<string, string>>;
  /** Why AWS's answer about it cannot be relied upon: a field of another form, or an interface that AWS does not list. */
  readonly problem?: Problem;
};

/** What one scope holds, or why nobody knows: nothing is concluded from a scope that cannot be read. */
export type SeenScope =
  | { readonly status: 'known'; readonly scope: Scope; readonly endpoints: readonly SeenEndpoint[] }
  | { readonly status: 'unknown'; readonly scope: Scope; readonly reason: string; readonly code: ErrorCode };
