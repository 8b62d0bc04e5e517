import type { Quarantined } from '#core/model';
import type { ScopeReport, Waits } from '../pass/report';
import type { Kept } from '../plan/changes';
import type { PublicationReport } from '../publish/publish';
import type { Fate } from './fates';
import type { Rule } from './routing/priority';

/** An endpoint that matches the question. */
export type EndpointAnswer = {
  readonly id: string;
  readonly domain?: string;
  readonly scopeId: string;
  /** Origin of the claim: `tag kong:domain=sd2 (source hub, vpc-endpoints)`. */
  readonly said: string;
  /** Whether a scope lists the endpoint now, or listed it at its last reading. */
  readonly isListed: boolean;
  readonly state?: string;
  /** AWS's own words about the state. */
  readonly reason?: string;
  readonly serviceName?: string;
  readonly vpcId?: string;
  readonly protocol?: string;
  readonly host?: string;
  readonly paths: readonly string[];
  readonly weight?: number;
  readonly addresses: readonly { readonly address: string; readonly region?: string; readonly zoneId?: string }[];
  readonly quarantined?: Pick<Quarantined, 'code' | 'reason' | 'fix'>;
};

/** Another domain that claims a path of this domain, or a path above or below it. */
export type OtherClaim = { readonly domain: string; readonly endpointId: string; readonly path: string };

/** Destination of requests from a zone, by the decider there. */
export type ZonePick = {
  /**
   * Kong's own balancer over the targets of an upstream, the plugin in target mode, or the
   * resolver.
   */
  readonly by: 'upstream' | 'plugin' | 'resolver';
  /** Absent: any zone. */
  readonly zoneId?: string;
  readonly upstream?: string;
  readonly targets: readonly {
    readonly address: string;
    readonly zoneId?: string;
    readonly endpointId?: string;
    /** Share of the requests, while all targets are healthy. */
    readonly percent: number;
  }[];
};

export type DomainAnswer = {
  readonly domain: string;
  readonly endpoints: readonly EndpointAnswer[];
  readonly others: readonly OtherClaim[];
  readonly entities: readonly Fate[];
  /** Held items that stay, and are not entities of their own. */
  readonly kept: readonly Kept[];
  readonly publications: readonly PublicationReport[];
  readonly picks: readonly ZonePick[];
};

/** A route, for people. */
export type RouteAnswer = {
  readonly name: string;
  readonly id: string;
  /** The matching path. Absent: the route matches every path. */
  readonly path?: string;
  readonly service?: string;
  /** The domain of its service. Absent: the service is not of this product. */
  readonly domain?: string;
  /** Owner of a generated route. Absent: people wrote it. */
  readonly owner?: string;
  /** Answer of the route in place of forwarding the request. */
  readonly answers?: string;
};

export type RoutingAnswer = {
  /** Whether routes of people are known too. Otherwise such a route may come first. */
  readonly isOfAll: boolean;
  readonly route?: RouteAnswer;
  readonly rule?: Rule;
  readonly next?: RouteAnswer;
  readonly documented?: RouteAnswer;
  readonly perhaps: readonly { readonly route: RouteAnswer; readonly reason: string }[];
};

/** Origin of the answer. */
export type SeenBy = {
  readonly by: 'command' | 'worker';
  /** Time of the discovery, in ISO 8601. */
  readonly at: string;
  readonly ageMs: number;
};

export type Explanation = {
  readonly question: string;
  readonly isKnown: boolean;
  /** Similar names, where nothing was found. */
  readonly nearest: readonly string[];
  readonly seen: SeenBy;
  readonly owner: string;
  readonly stage?: string;
  readonly controlPlane: string;
  readonly pinned?: { readonly revision: string; readonly newest: string };
  readonly waits?: Waits;
  readonly refused?: string;
  readonly scopes: readonly ScopeReport[];
  /** For a request: its current route. */
  readonly routing?: RoutingAnswer;
  /** For a request: its route after the next pass, where it differs. */
  readonly routingNext?: RoutingAnswer;
  readonly domains: readonly DomainAnswer[];
  readonly warnings: readonly string[];
};
