import type { AllowConfig, TagKeys } from '#config/schema';
import type { ErrorCode, Problem } from '#core/errors';
import type { Address, EndpointState, Scope } from '#core/model';

/**
 * An address of an endpoint's interface, with the name of its zone. Zone names differ between
 * accounts, and are part of zonal DNS names.
 */
export type SeenAddress = Address & { readonly zoneName?: string };

/** A VPC endpoint as AWS states it, with or without tags of this product. */
export type SeenEndpoint = {
  readonly id: string;
  /** The scope that read it. */
  readonly scope: Scope;
  /** The tag keys that its source reads. */
  readonly tagKeys: TagKeys;
  /** `allow` of its source. */
  readonly allow: AllowConfig;
  /** The id of its AWS account, when AWS tells it. */
  readonly accountId?: string;
  /** AWS's spelling, such as `Interface`. */
  readonly type: string;
  readonly state: EndpointState;
  readonly serviceName?: string;
  readonly vpcId?: string;
  /** Unix epoch, milliseconds. */
  readonly createdAtMs?: number;
  /** Regional, zonal and private names from AWS. */
  readonly dnsNames: readonly string[];
  /** Empty for an ended endpoint, and for an endpoint with unlisted interfaces. */
  readonly addresses: readonly SeenAddress[];
  /** All tags of the endpoint. */
  readonly tags: Readonly<Record<string, string>>;
  /** Why AWS's answer is not reliable: a field of another form, or an unlisted interface. */
  readonly problem?: Problem;
};

/** The endpoints of one scope, or why it is unknown. Nothing is concluded from an unknown scope. */
export type SeenScope =
  | { readonly status: 'known'; readonly scope: Scope; readonly endpoints: readonly SeenEndpoint[] }
  | { readonly status: 'unknown'; readonly scope: Scope; readonly reason: string; readonly code: ErrorCode };
