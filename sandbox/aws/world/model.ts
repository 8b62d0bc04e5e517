/** The data of the embedded AWS: values only, in AWS's words. */

/** The home of a resource, or the origin of a call. */
export type Place = { readonly account: string; readonly region: string };

export type Tags = Readonly<Record<string, string>>;

/** `sequence` is the order of creation: listings follow it and pages are cut by it. */
export type Entity = Place & { readonly id: string; readonly sequence: number; readonly tags: Tags };

/** An availability zone of one account: all accounts share the id, each has its own name. */
export type Zone = { readonly id: string; readonly name: string };

export type Subnet = Entity & { readonly vpcId: string; readonly cidr: string; readonly zone: Zone };

/** With one subnet in each zone of its region. */
export type Vpc = Entity & { readonly cidr: string; readonly isDefault: boolean; readonly subnets: readonly Subnet[] };

/** A connection of two VPCs, as both of their accounts see it; `place` is the requester's. */
export type Peering = Entity & {
  readonly requester: Vpc;
  readonly accepter: Vpc;
  /** AWS's spelling on the wire (`pending-acceptance`). */
  readonly status: string;
  readonly message: string;
};

/** The provider's side; a consumer asks for `name`. */
export type EndpointService = Entity & {
  readonly name: string;
  readonly acceptanceRequired: boolean;
  readonly zoneIds: readonly string[];
  /** The accounts that may connect; `*` is everybody. */
  readonly principals: readonly AllowedPrincipal[];
  /** Of the one network load balancer in front of the provider. */
  readonly loadBalancerArn: string;
  /** Behind the load balancer. */
  readonly targets: readonly LoadBalancerTarget[];
};

/** `principal` is an ARN, or `*`. */
export type AllowedPrincipal = Entity & { readonly principal: string };

/** One target; `state` is AWS's word, such as `healthy`. */
export type LoadBalancerTarget = { readonly ip: string; readonly zoneId: string; readonly state: string };

export type NetworkInterface = Entity & {
  readonly endpointId: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly zone: Zone;
  readonly ip?: string;
  readonly ipv6?: string;
};

export type LastError = { readonly code: string; readonly message: string };

/** A resource behind an endpoint of type Resource: AWS lists each as an association. */
export type Association = Entity & {
  readonly endpointId: string;
  /** Of the resource configuration. */
  readonly resourceArn: string;
  /** AWS's spelling, such as `Accessible`. */
  readonly accessibility: string;
  readonly failure?: LastError;
};

export type VpcEndpoint = Entity & {
  /** AWS's spelling, such as `Interface`. */
  readonly type: string;
  readonly vpcId: string;
  readonly service: EndpointService;
  /**
   * AWS's spelling on the wire (`pendingAcceptance`). Any text is allowed, so that tests can try
   * future states.
   */
  readonly state: string;
  readonly lastError?: LastError;
  readonly createdAtMs: number;
  readonly interfaces: readonly NetworkInterface[];
  readonly associations: readonly Association[];
  readonly dnsNames: readonly string[];
};

export type Instance = Entity & {
  readonly zone: Zone;
  /** Gone once it is terminated; a stopped instance keeps it. */
  readonly network?: { readonly vpcId: string; readonly subnetId: string; readonly ip: string; readonly ipv6?: string };
  /**
   * AWS's spelling on the wire (`shutting-down`). Any text is allowed, so that tests can try future
   * states.
   */
  readonly state: string;
  readonly stateReason?: LastError;
  readonly launchedAtMs: number;
};

/** A role for anybody in the sandbox with its external id. */
export type Role = {
  readonly arn: string;
  readonly account: string;
  readonly name: string;
  readonly externalId?: string;
};

/** True when `thing` belongs to the account and region of `place`. */
export function isAt(thing: Place, place: Place): boolean {
  return thing.account === place.account && thing.region === place.region;
}
