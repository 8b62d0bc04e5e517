import type { Quarantined } from '#core/model';
import type { ScopeReport, Waits } from '../pass/report';
import type { Kept } from '../plan/changes';
import type { PublicationReport } from '../publish/publish';
import type { Fate } from './fates';
import type { Rule } from './routing/priority';

/** An endpoint that was asked about, or is of what was asked about. */
export type EndpointAnswer = {
  readonly id: string;
  readonly domain?: string;
  readonly scopeId: string;
  /** Where the claim stands: `tag kong:domain=sd2 (source hub, vpc-endpoints)`. */
  readonly said: string;
  /** Whether a scope lists it now, or listed it when it was last read. */
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

/** Another domain that claims a path of this one, or one above or below it. */
export type OtherClaim = { readonly domain: string; readonly endpointId: string; readonly path: string };

/** Where the requests of a zone go, by what decides it there. */
export type ZonePick = {
  /** Kong's own balancer over the targets of an upstream; the plugin in target mode; or the resolver. */
  readonly by: 'upstream' | 'plugin' | 'resolver';
  /** Absent: wherever the data plane is. */
  readonly zoneId?: string;
  readonly upstream?: string;
  readonly targets: readonly {
    readonly address: string;
    readonly zoneId?: string;
    readonly endpointId?: string;
    /** Of the requests, while all targets are well. */
    readonly percent: number;
  }[];
};

export type DomainAnswer = {
  readonly domain: string;
  readonly endpoints: readonly EndpointAnswer[];
  readonly others: readonly OtherClaim[];
  readonly entities: readonly Fate[];
  /** What is held and stays, where that is no entity of its own. */
  readonly kept: readonly Kept[];
  readonly publications: readonly PublicationReport[];
  readonly picks: readonly ZonePick[];
};

/** A route, as people know it. */
export type RouteAnswer = {
  readonly name: string;
  readonly id: string;
  /** The path by which it takes the request; absent: it takes every one. */
  readonly path?: string;
  readonly service?: string;
  /** The domain that its service leads to; absent: it is none of ours. */
  readonly domain?: string;
  /** Generated for whom; absent: people wrote it. */
  readonly owner?: string;
  /** What it does with the request in place of passing it on. */
  readonly answers?: string;
};

export type RoutingAnswer = {
  /** People's routes were looked at as well; otherwise one of them may come first. */
  readonly isOfAll: boolean;
  readonly route?: RouteAnswer;
  readonly rule?: Rule;
  readonly next?: RouteAnswer;
  readonly documented?: RouteAnswer;
  readonly perhaps: readonly { readonly route: RouteAnswer; readonly reason: string }[];
};

/** Whose view it is. */
export type SeenBy = {
  readonly by: 'command' | 'worker';
  /** When discovery was read; ISO 8601. */
  readonly at: string;
  readonly ageMs: number;
};

export type Explanation = {
  readonly question: string;
  readonly isKnown: boolean;
  /** Names that are alike, where nothing is known. */
  readonly nearest: readonly string[];
  readonly seen: SeenBy;
  readonly owner: string;
  readonly stage?: string;
  readonly controlPlane: string;
  readonly pinned?: { readonly revision: string; readonly newest: string };
  readonly waits?: Waits;
  readonly refused?: string;
  readonly scopes: readonly ScopeReport[];
  /** Of a request: the route that takes it now. */
  readonly routing?: RoutingAnswer;
  /** The route that takes it once the next pass has written its plan, where that is another one. */
  readonly routingNext?: RoutingAnswer;
  readonly domains: readonly DomainAnswer[];
  readonly warnings: readonly string[];
};
