import type { createIssuer } from './ids';
import type { EndpointService, Instance, NetworkInterface, Peering, Role, Vpc, VpcEndpoint } from './model';

/**
 * An endpoint after its last change. Its present state also depends on the time (`endpoints.ts`).
 */
export type StoredEndpoint = VpcEndpoint & {
  readonly changedAtMs: number;
  /** `false`: somebody set the state by hand, and it stays. */
  readonly settles: boolean;
};

/** An instance as it was last touched (`instances.ts`). */
export type StoredInstance = Instance & { readonly changedAtMs: number; readonly settles: boolean };

/** Addresses of the interfaces of one more endpoint: as many as it has, or one for all. */
export type AddressesFor = (count: number) => readonly string[];

/** Everything that the world remembers; maps keep the order of creation. */
export type WorldState = {
  readonly now: () => number;
  readonly transitionMs: number;
  readonly deletedListedMs: number;
  readonly issue: ReturnType<typeof createIssuer>;
  readonly vpcs: Map<string, Vpc>;
  readonly peerings: Map<string, Peering>;
  /** Host numbers given out, by subnet id. */
  readonly hosts: Map<string, number>;
  /** By service name. */
  readonly services: Map<string, EndpointService>;
  /** By service name. */
  readonly addressesFor: Map<string, AddressesFor>;
  readonly endpoints: Map<string, StoredEndpoint>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly instances: Map<string, StoredInstance>;
  /** Ids that AWS lists only on a request for managed resources. */
  readonly hidden: Set<string>;
  /** By ARN. */
  readonly roles: Map<string, Role>;
};
