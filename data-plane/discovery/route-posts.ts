import { createHash } from 'node:crypto';
import { formatProblem } from '#core/errors';
import type { Snapshot } from '#core/model';
import { knownQuarantined } from '#core/snapshot';
import type { ProbeSettings } from '../probes/probe-settings';
import type { Prober } from '../probes/prober';
import { agesOf } from '../reach/ages';
import { type DomainRoute, isForeignZone, type Routes, resolveRoutes } from '../reach/resolve';
import { type FromDiscovery, writeRoute } from './messages';
import { createNamePosts } from './name-posts';
import type { ToDiscovery } from './orders';

export type RoutePostsOptions = {
  /** The own zone, where it is known at the start. */
  readonly zoneId: string | undefined;
  readonly prober: Prober;
  readonly post: (message: FromDiscovery) => void;
};

export type PostRoutes = (snapshot: Snapshot) => void;

type Use = Extract<ToDiscovery, { kind: 'use' }>;

/** Posts the routes of the domains in use where they changed, has their targets probed, and says what is wrong with them. */
export function createRoutePosts({ zoneId: initialZoneId, prober, post }: RoutePostsOptions) {
  /** The digest of what was last told of each domain in use. */
  const inUse = new Map<string, string | undefined>();
  const sayForeign = once((id) => post({ kind: 'problem', reason: foreignWords(id) }));
  const [names, probes] = [createNamePosts(post), probesOf(prober)];
  let zoneId = initialZoneId;
  let routes: Routes | undefined;
  let last: Snapshot | undefined;

  function textOf(domain: string): string | undefined {
    const route = routes?.get(domain);
    return route && writeRoute(route);
  }

  function tell(domain: string, route = textOf(domain)): void {
    inUse.set(domain, digestOf(route));
    probes.watch(domain, routes?.get(domain));
    post({ kind: 'route', domain, route });
  }

  function postRoutes(snapshot: Snapshot): void {
    // Before the routes, which would look stale without.
    post({ kind: 'observed', ages: agesOf(snapshot) });
    last = snapshot;
    resolve(snapshot);
  }

  function resolve(snapshot: Snapshot): void {
    const before = routes;
    routes = resolveRoutes(snapshot, zoneId, before);
    names.tell(routes, snapshot);
    for (const [domain, told] of inUse) {
      const route = textOf(domain);
      if (!before || digestOf(route) !== told) tell(domain, route);
    }
    if (zoneId !== undefined && isForeignZone(routes, zoneId)) sayForeign(zoneId);
    complain((domain) => inUse.has(domain));
  }

  // Before the first pass nothing is known, which is not the same as that there is no route.
  function begin({ domain, probe }: Use): void {
    probes.use(domain, probe);
    if (routes) tell(domain);
    else inUse.set(domain, undefined);
    complain((name) => name === domain);
  }

  function complain(isOfInterest: (domain: string) => boolean): void {
    for (const reason of last ? complaintsOf(last, isOfInterest) : []) post({ kind: 'problem', reason });
  }

  function end(domain: string): void {
    inUse.delete(domain);
    probes.release(domain);
  }

  function moveTo(found: string): void {
    zoneId = found;
    if (last) resolve(last);
  }

  return { postRoutes, begin, end, moveTo, name: names.begin };
}

/** In place of a text of hundreds of characters, so that ten thousand take little memory. */
function digestOf(text: string | undefined): string | undefined {
  return text && createHash('sha1').update(text).digest('base64');
}

function foreignWords(zoneId: string): string {
  return `no target lies in the region of the own zone ${zoneId}: see --zone-id`;
}

/** Has the targets of routes probed; those of a route with one tier not, where probes only tell which tier is alive. */
function probesOf(prober: Prober) {
  const forTiers = new Set<string>();
  return {
    use: (domain: string, probe: ProbeSettings): void => {
      if (probe.isForTiers) forTiers.add(domain);
      else forTiers.delete(domain);
      prober.use(domain, probe);
    },
    watch: (domain: string, route?: DomainRoute): void => {
      const { choices = [], tiers = [] } = route ?? {};
      prober.watch(domain, forTiers.has(domain) && tiers.length === 0 ? [] : choices);
    },
    release: (domain: string): void => {
      forTiers.delete(domain);
      prober.release(domain);
    },
  };
}

/** Why endpoints of some domains are not routed to, and those whose tags are too bad to tell the domain. */
function complaintsOf(snapshot: Snapshot, isOfInterest: (domain: string) => boolean): readonly string[] {
  return knownQuarantined(snapshot)
    .filter(({ domain }) => domain === undefined || isOfInterest(domain))
    .map(({ endpointId, reason, fix }) => formatProblem({ reason: `endpoint ${endpointId} ${reason}`, fix }));
}

/** Says each text only the first time. */
function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
}
