/** One connection to an endpoint service, as the account of the service sees it (DescribeVpcEndpointConnections). */
export type EndpointConnection = {
  readonly serviceId: string;
  readonly endpointId: string;
  /** The AWS account of the endpoint; AWS may leave it out. */
  readonly account?: string;
  /** AWS's word, as it gave it: `pendingAcceptance`, `available`, … */
  readonly state: string;
  /** Unix epoch, milliseconds. */
  readonly createdAtMs?: number;
  /** The region of the endpoint, which may be another than that of the service. */
  readonly region?: string;
  /**
   * Why AWS's item could not be read but for its id (fm-45). The rest is then as it was last known, with state `unreadable` where it never was: a table keeps
   * the endpoint as it was, and nobody accepts or rejects it.
   */
  readonly misfit?: string;
};

/** One allowed principal of an endpoint service (DescribeVpcEndpointServicePermissions). */
export type Permission = {
  /** An ARN, or `*`. */
  readonly principal: string;
  /** `vpce-svc-perm-…`, where AWS gives it. */
  readonly id?: string;
};

/** What AWS says of the service itself (DescribeVpcEndpointServiceConfigurations). */
export type ServiceSetup = {
  readonly acceptanceRequired: boolean;
  /** AZ ids, such as `use1-az1`. */
  readonly zoneIds: readonly string[];
  readonly loadBalancerArns: readonly string[];
};

/** Targets behind the load balancers of a service that do not answer, in one zone. */
export type ZoneHealth = { readonly zoneId: string; readonly healthy: number; readonly unhealthy: number };

/** One answer of AWS: as it is now, or why it is not known, with what it was when it was last known. */
export type AwsPart<T> =
  | { readonly status: 'known'; readonly value: T; readonly observedAtMs: number }
  | {
      readonly status: 'unknown';
      readonly code: string;
      readonly reason: string;
      readonly lastGood?: { readonly value: T; readonly observedAtMs: number };
    };

/** What is known of one endpoint service; each part is known or unknown by itself, since a role may be allowed one call and not another. */
export type ServiceState = {
  readonly serviceId: string;
  /** `contracts.<account>.<region>.<service id>`. */
  readonly scopeId: string;
  readonly account: string;
  readonly region: string;
  /** The domains behind it; absent: it is the gateway's, which leads to all. */
  readonly domains?: readonly string[];
  readonly connections: AwsPart<readonly EndpointConnection[]>;
  readonly permissions: AwsPart<readonly Permission[]>;
  readonly setup: AwsPart<ServiceSetup>;
  /** Absent: nobody looked. */
  readonly health?: AwsPart<readonly ZoneHealth[]>;
};

/** What is known of all services of `contracts`, in the order of the configuration. */
export type ContractsView = { readonly takenAtMs: number; readonly services: readonly ServiceState[] };

/** The value as last known; undefined: it never was. */
export function lastKnown<T>(one: AwsPart<T>): T | undefined {
  return one.status === 'known' ? one.value : one.lastGood?.value;
}
