import type { Problem } from './errors';
import type { findingMessages } from './messages/networks';
import { quarantineMessages } from './messages/quarantine';

/** The one vocabulary of the product. Values only: everything here can be serialised as JSON. */

/**
 * Protocols of `kong:protocol`; also the values of a Kong service's `protocol` that a target can
 * speak.
 */
export type Protocol = 'http' | 'https' | 'grpc' | 'grpcs';

/**
 * State of an endpoint. The names are AWS's (`VpcEndpoint.State`), in lowerCamel as on the wire;
 * `unlisted` stands for a state that this version does not know.
 */
export type EndpointState =
  | 'available'
  | 'pending'
  | 'pendingAcceptance'
  | 'partial'
  | 'deleting'
  | 'deleted'
  | 'rejected'
  | 'failed'
  | 'expired'
  | 'unlisted';

/**
 * One address of a network interface. `zoneId` is the AZ id (`use1-az1`), equal in all accounts; it
 * may be unknown.
 */
export type Address = {
  readonly ip: string;
  readonly region: string;
  readonly zoneId?: string;
};

/** The scope that saw something first, and the time (unix epoch, milliseconds). */
export type Observed = {
  readonly scopeId: string;
  readonly atMs: number;
  /** As in LastGood, of the scope that read it: scopes of one name may be of different accounts. */
  readonly accountId?: string;
};

/** One VPC endpoint of type Interface or Resource, or another provider of addresses. */
export type Endpoint = {
  /** The provider's own id (`vpce-0f…`); becomes a tag of the targets. */
  readonly id: string;
  readonly scopeId: string;
  readonly domain: string;
  readonly state: EndpointState;
  /** AWS's own words about the state (`LastError`, `FailureReason`), if any. */
  readonly reason?: string;
  /**
   * Unix epoch, milliseconds. The oldest endpoint of a domain decides its protocol, host and paths.
   */
  readonly createdAtMs: number;
  /** For a resource endpoint: the ARN of its resource configuration. */
  readonly serviceName?: string;
  readonly vpcId?: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Host header and SNI towards the provider. */
  readonly host?: string;
  /** Paths of `kong:path`; empty: `/<domain>`, stripped. */
  readonly paths: readonly string[];
  /** The paths that the source's `allow.paths` grants by name. */
  readonly grantedPaths: readonly string[];
  /** 0 to 65535, Kong's range. */
  readonly weight: number;
  readonly dnsNames: readonly string[];
  readonly addresses: readonly Address[];
  /**
   * Set where a relay (a snapshot) passes the endpoint on: the scope that read it. Absent: the own
   * scope read it.
   */
  readonly observed?: Observed;
};

/** Why an endpoint is kept out of routing. */
export const quarantineCodes = Object.keys(quarantineMessages) as [QuarantineCode, ...QuarantineCode[]];

export type QuarantineCode = keyof typeof quarantineMessages;

/**
 * An endpoint without routing, with the reason and its owner's options. Held targets of a malformed
 * or conflicting endpoint stay. Targets of an endpoint that `allow` refuses leave as absent ones
 * do.
 */
export type Quarantined = Problem & {
  readonly endpointId: string;
  readonly scopeId: string;
  readonly domain?: string;
  /**
   * State of the endpoint where it is known. A terminal state removes its targets despite the
   * quarantine.
   */
  readonly state?: EndpointState;
  readonly code: QuarantineCode;
  /** As in Endpoint. */
  readonly observed?: Observed;
};

/**
 * One source x account x region: the unit that is known or unknown. `id` is
 * `<source>.<account>.<region>`.
 */
export type Scope = {
  readonly id: string;
  readonly source: string;
  /** Account id, or `self` for the process's own credentials. */
  readonly account: string;
  readonly region: string;
};

/** All that one scope holds. */
export type Discovered = {
  readonly endpoints: readonly Endpoint[];
  readonly quarantined: readonly Quarantined[];
};

/** The content of a scope when it was last known. */
export type LastGood = {
  readonly observedAtMs: number;
  /** The AWS account that answered, where it was asked for. */
  readonly accountId?: string;
  readonly discovered: Discovered;
  /** An earlier process read it and kept it on disk. This process has no answer yet. */
  readonly isRestored?: boolean;
};

export type KnownScope = {
  readonly status: 'known';
  readonly scope: Scope;
  readonly observedAtMs: number;
  /** As in LastGood. */
  readonly accountId?: string;
  /**
   * The same account answered before (kept in memory or on disk), or STS does not tell and this
   * process read the scope before.
   */
  readonly isAccountKept?: boolean;
  readonly discovered: Discovered;
};

/** A scope that could not be read. It keeps its last known content. */
export type UnknownScope = {
  readonly status: 'unknown';
  readonly scope: Scope;
  /** What failed and how to fix it, for people. */
  readonly reason: string;
  /** Stable code of the error (`ACCESS_DENIED`, `THROTTLED`, …). */
  readonly code: string;
  readonly lastGood?: LastGood;
};

/** What is known of a scope. */
export type ScopeState = KnownScope | UnknownScope;

export type FindingCode = keyof typeof findingMessages;

/**
 * A fault in the networks around endpoints that routing cannot repair. A finding changes no
 * routing.
 */
export type Finding = Problem & {
  readonly code: FindingCode;
  readonly scopeId: string;
  /** The endpoints that it concerns, sorted. */
  readonly endpointIds: readonly string[];
};

/** All scopes at one time, ordered by scope id. */
export type Snapshot = {
  readonly takenAtMs: number;
  readonly scopes: readonly ScopeState[];
  /** Ids of missing endpoints of a known scope. Their provider, asked by id, does not know them. */
  readonly goneIds?: readonly string[];
  /** Warnings that belong to no single scope, for people. */
  readonly warnings?: readonly string[];
  /** Present only where the caller asked for findings (docs/decisions/0014). */
  readonly findings?: readonly Finding[];
};

/** One routable address. */
export type Target = {
  readonly ip: string;
  readonly port: number;
  readonly region: string;
  readonly zoneId?: string;
  readonly weight: number;
  readonly endpointId: string;
  readonly scopeId: string;
};

/** JSON values, as control planes exchange them. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * How a domain's addresses reach Kong: each as a target, or by one name that the resolver beside
 * Kong answers.
 */
export type Via = 'addresses' | 'resolver';

/** Settings of one domain that tags cannot carry (`domains.<domain>` of the configuration). */
export type DomainSettings = {
  readonly healthcheck?: { readonly path?: string; readonly intervalSeconds?: number };
  /** Absent: the product does not manage plugins of the domain. Empty: the domain has none. */
  readonly plugins?: readonly PluginSettings[];
  /**
   * Whether Kong verifies the provider's certificate (https only). Default false: PrivateLink names
   * the endpoint service, and many providers use a private CA.
   */
  readonly tlsVerify?: boolean;
  /** Absent: `via` of the whole configuration applies. */
  readonly via?: Via;
  /** `false`: no route is generated; people write it in a base file. */
  readonly route?: boolean;
  /** Entities that people wrote. They replace generated ones. */
  readonly adopted?: Adopted;
};

/**
 * Names of entities that people wrote and the product adopted. A route without a name has its id
 * here.
 */
export type Adopted = {
  readonly service: string;
  /** Absent: the domain's upstream is generated. */
  readonly upstream?: string;
  readonly routes: readonly string[];
};

export type PluginSettings = { readonly name: string; readonly config: JsonObject; readonly enabled?: boolean };
