/**
 * One connection to an endpoint service, as the account of the service sees it
 * (DescribeVpcEndpointConnections).
 */
export type EndpointConnection = {
  readonly serviceId: string;
  readonly endpointId: string;
  /** The AWS account of the endpoint; AWS may leave it out. */
  readonly account?: string;
  /** The state in AWS's spelling: `pendingAcceptance`, `available`, … */
  readonly state: string;
  /** Unix epoch, milliseconds. */
  readonly createdAtMs?: number;
  /** The region of the endpoint. The service may be in another region. */
  readonly region?: string;
  /**
   * Why only the id of AWS's item could be read (fm-45). The rest is the last known value, or state
   * `unreadable` without one. A table keeps the endpoint as it was, and it is neither accepted nor
   * rejected.
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

/** The service itself, as AWS describes it (DescribeVpcEndpointServiceConfigurations). */
export type ServiceSetup = {
  readonly acceptanceRequired: boolean;
  /** AZ ids, such as `use1-az1`. */
  readonly zoneIds: readonly string[];
  readonly loadBalancerArns: readonly string[];
};

/** Targets behind the load balancers of a service that do not answer, in one zone. */
export type ZoneHealth = { readonly zoneId: string; readonly healthy: number; readonly unhealthy: number };

/** One answer of AWS: the present value, or the failure with the last known value. */
export type AwsPart<T> =
  | { readonly status: 'known'; readonly value: T; readonly observedAtMs: number }
  | {
      readonly status: 'unknown';
      readonly code: string;
      readonly reason: string;
      readonly lastGood?: { readonly value: T; readonly observedAtMs: number };
    };

/**
 * Everything known about one endpoint service. Each part is known or unknown separately, because a
 * role may be allowed one call and not another.
 */
export type ServiceState = {
  readonly serviceId: string;
  /** `contracts.<account>.<region>.<service id>`. */
  readonly scopeId: string;
  readonly account: string;
  readonly region: string;
  /** The domains behind it; absent: the service is the gateway's, and leads to all domains. */
  readonly domains?: readonly string[];
  readonly connections: AwsPart<readonly EndpointConnection[]>;
  readonly permissions: AwsPart<readonly Permission[]>;
  readonly setup: AwsPart<ServiceSetup>;
  /** Absent: the caller did not ask for it. */
  readonly health?: AwsPart<readonly ZoneHealth[]>;
};

/** All services of `contracts`, in the order of the configuration. */
export type ContractsView = { readonly takenAtMs: number; readonly services: readonly ServiceState[] };

/** Returns the last known value; undefined: it was never known. */
export function lastKnown<T>(one: AwsPart<T>): T | undefined {
  return one.status === 'known' ? one.value : one.lastGood?.value;
}
