import { formatProblem } from '#core/errors';
import type { Quarantined, Snapshot } from '#core/model';
import { knownQuarantined } from '#core/snapshot';
import { type ProbeSettings, stricterOf } from '../probes/probe-settings';
import type { Prober } from '../probes/prober';
import { agesOf } from '../reach/ages';
import { isForeignZone, type Routes, resolveRoutes, withTiers } from '../reach/resolve';
import type { FromDiscovery } from './messages';
import { createNamePosts } from './name-posts';
import type { ToDiscovery } from './orders';
import { readRoute, writeRoute } from './route-text';

export type RoutePostsOptions = {
  /** The own zone, if known at the start. */
  readonly zoneId: string | undefined;
  readonly prober: Prober;
  readonly post: (message: FromDiscovery) => void;
};

export type PostRoutes = (snapshot: Snapshot) => void;

type Use = Extract<ToDiscovery, { kind: 'use' }>;

/**
 * Posts changed routes of the domains in use, has their targets probed, and reports problems.
 * Between two passes it keeps only the texts of the routes: the discovered data takes many times
 * the memory.
 */
export function createRoutePosts({ zoneId: initialZoneId, prober, post }: RoutePostsOptions) {
  const inUse = new Set<string>();
  const sayForeign = once((id) => post({ kind: 'problem', reason: foreignWords(id) }));
  const [names, probes] = [createNamePosts(post), probesOf(prober)];
  let zoneId = initialZoneId;
  /** By domain; undefined before the first pass. */
  let texts: ReadonlyMap<string, string> | undefined;
  let quarantined: readonly Quarantined[] = [];

  function tell(domain: string): void {
    const route = texts?.get(domain);
    probes.watch(domain, route);
    post({ kind: 'route', domain, route });
  }

  function tellNew(routes: Routes): void {
    const before = texts;
    texts = new Map([...routes].map(([domain, route]) => [domain, writeRoute(route)]));
    for (const domain of inUse) if (!before || before.get(domain) !== texts.get(domain)) tell(domain);
    if (zoneId !== undefined && isForeignZone(routes, zoneId)) sayForeign(zoneId);
  }

  function postRoutes(snapshot: Snapshot): void {
    // The ages come before the routes: without an age a route looks stale.
    post({ kind: 'observed', ages: agesOf(snapshot) });
    const routes = resolveRoutes(snapshot, zoneId, texts && routesIn(texts));
    names.tell(routes, snapshot);
    tellNew(routes);
    quarantined = knownQuarantined(snapshot);
    complain((domain) => inUse.has(domain));
  }

  // Before the first pass a missing route is unknown, not absent.
  function begin({ domain, probe }: Use): void {
    inUse.add(domain);
    probes.use(domain, probe);
    if (texts) tell(domain);
    complain((name) => name === domain);
  }

  function complain(isOfInterest: (domain: string) => boolean): void {
    for (const reason of complaintsOf(quarantined, isOfInterest)) post({ kind: 'problem', reason });
  }

  function end(domain: string): void {
    inUse.delete(domain);
    probes.release(domain);
  }

  function moveTo(found: string): void {
    zoneId = found;
    if (texts) tellNew(withTiers(routesIn(texts), zoneId));
  }

  return { postRoutes, begin, end, moveTo, name: names.begin };
}

function routesIn(texts: ReadonlyMap<string, string>): Routes {
  return new Map([...texts].map(([domain, text]) => [domain, readRoute(text)]));
}

function foreignWords(zoneId: string): string {
  return `no target lies in the region of the own zone ${zoneId}: see --zone-id`;
}

/** Has the targets of routes probed. Probes for tiers alone skip a route with one tier. */
function probesOf(prober: Prober) {
  const settings = new Map<string, ProbeSettings>();

  function isProbed(domain: string, tiers: number): boolean {
    const { kind = 'none', isForTiers = false } = settings.get(domain) ?? {};
    return kind !== 'none' && !(isForTiers && tiers === 0);
  }

  return {
    use: (domain: string, probe: ProbeSettings): void => {
      const { isForTiers } = probe;
      settings.set(domain, { ...stricterOf(settings.get(domain) ?? probe, probe), isForTiers });
      prober.use(domain, probe);
    },
    watch: (domain: string, text: string | undefined): void => {
      const { choices, tiers } = text === undefined ? noRoute : readRoute(text);
      prober.watch(domain, isProbed(domain, tiers.length) ? choices : []);
    },
    release: (domain: string): void => {
      settings.delete(domain);
      prober.release(domain);
    },
  };
}

const noRoute = { choices: [], tiers: [] };

/**
 * Returns the reasons why endpoints of these domains are not routed to, and of endpoints whose tags
 * do not even name a domain.
 */
function complaintsOf(quarantined: readonly Quarantined[], isOfInterest: (domain: string) => boolean) {
  return quarantined
    .filter(({ domain }) => domain === undefined || isOfInterest(domain))
    .map(({ endpointId, reason, fix }) => formatProblem({ reason: `endpoint ${endpointId} ${reason}`, fix }));
}

/** Says each text once. */
function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    say(text);
  };
}
