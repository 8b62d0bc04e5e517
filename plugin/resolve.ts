import { type Domain, settleDomains } from '../core/claims';
import { judgeEndpoints, type Verdict } from '../core/evidence';
import type { Incumbent } from '../core/incumbents';
import type { Protocol, Snapshot, Target } from '../core/model';
import { upstreamName } from '../core/names';
import { factsOf } from '../core/protocols';
import { type Candidate, type Picker, pickerOf } from './picker';

/** How to send a request to a domain. */
export type Route = {
  readonly protocol: Protocol;
  /** Host header without port. */
  readonly host: string;
  /** Candidates of the own zone, else of the own region, else all. */
  readonly near: Picker;
  readonly any: Picker;
};

/** Routes by domain. */
export type Table = ReadonlyMap<string, Route>;

/**
 * Builds the table of a snapshot for a data plane in `zoneId`; all that can be decided before a request is decided here.
 * What `previous` holds and the snapshot leaves uncertain stays, as it does in the control plane.
 */
export function buildTable(snapshot: Snapshot, zoneId: string | undefined, previous: Table = new Map()): Table {
  const observed = observationTimes(snapshot);
  const { domains, quarantined } = settleDomains(snapshot, incumbentsOf(previous));
  const judge = judgeEndpoints(snapshot, quarantined);
  const routes = domains.map((domain) => draftOf(domain, observed));
  const drafts = new Map([...idle(previous, routes), ...routes].map((draft) => [draft.name, draft]));
  const kept = [...drafts.values()].map((draft) => withHeld(draft, previous.get(draft.name), judge));
  const regions = homeRegions(
    kept.flatMap((draft) => draft.candidates),
    zoneId,
  );
  return new Map(
    kept
      .filter((draft) => draft.candidates.length > 0)
      .map(({ name, protocol, host, candidates }) => {
        const before = previous.get(name);
        const near = pickerOf(nearestOf(candidates, zoneId, regions), before?.near);
        return [name, { protocol, host, near, any: pickerOf(candidates, before?.any) }];
      }),
  );
}

type Draft = Omit<Route, 'near' | 'any'> & { readonly name: string; readonly candidates: readonly Candidate[] };

function draftOf(
  { name, protocol, host = upstreamName(name), targets }: Domain,
  observed: ReadonlyMap<string, number>,
): Draft {
  const candidates = usable(targets).map(({ endpointId, zoneId, region, weight, ip, port, scopeId }) => {
    const pick = { ip, port, host: hostHeader(host, port, protocol), observedAtMs: observed.get(scopeId) ?? 0 };
    return { endpointId, zoneId, region, weight, pick };
  });
  return { name, protocol, host, candidates };
}

/** Domains of the previous table that have no target now. */
function idle(previous: Table, routes: readonly Draft[]): readonly Draft[] {
  const routed = new Set(routes.map((draft) => draft.name));
  return [...previous]
    .filter(([name]) => !routed.has(name))
    .map(([name, { protocol, host }]) => ({ name, protocol, host, candidates: [] }));
}

/** Adds what the previous table holds of endpoints that are uncertain; and of absent ones, where nothing else is left. */
function withHeld(draft: Draft, previous: Route | undefined, judge: (endpointId: string) => Verdict): Draft {
  const taken = new Set(draft.candidates.map((one) => `${one.pick.ip} ${one.pick.port}`));
  const before = (previous?.any.candidates ?? []).filter((one) => !taken.has(`${one.pick.ip} ${one.pick.port}`));
  const heldIf = (is: Verdict['is']) => before.filter((one) => judge(one.endpointId).is === is);
  const candidates = [...draft.candidates, ...heldIf('uncertain')];
  return { ...draft, candidates: candidates.length > 0 ? candidates : heldIf('absent') };
}

function incumbentsOf(table: Table): ReadonlyMap<string, Incumbent> {
  return new Map(
    [...table].map(([domain, { protocol, host, any }]) => {
      const endpointIds = new Set(any.candidates.map((one) => one.endpointId));
      return [domain, { protocol, host, endpointIds, isUncertain: false }];
    }),
  );
}

/** Kong's rule: the port is left out only where it is the scheme's own (kong/runloop/balancer, set_host_header). */
export function hostHeader(host: string, port: number, protocol: Protocol): string {
  return port === factsOf(protocol).port ? host : `${host}:${port}`;
}

function observationTimes(snapshot: Snapshot): ReadonlyMap<string, number> {
  return new Map(
    snapshot.scopes.map((state) => [
      state.scope.id,
      state.status === 'known' ? state.observedAtMs : (state.lastGood?.observedAtMs ?? 0),
    ]),
  );
}

/** Regions that the data plane's zone lies in: zone ids of one region share what stands before the dash (`use1-az1`). */
function homeRegions(candidates: readonly Candidate[], zoneId: string | undefined): ReadonlySet<string> {
  const prefix = zoneId?.split('-')[0];
  const isHome = (one: Candidate) => prefix !== undefined && one.zoneId?.split('-')[0] === prefix;
  return new Set(candidates.filter(isHome).map((one) => one.region));
}

/** Targets without weight get nothing, unless there are no others. */
function usable(targets: readonly Target[]): readonly Target[] {
  const weighted = targets.filter((target) => target.weight > 0);
  return weighted.length > 0 ? weighted : targets.map((target) => ({ ...target, weight: 1 }));
}

/** Those of the own zone, else of the own region, else all. */
function nearestOf(
  all: readonly Candidate[],
  zoneId: string | undefined,
  regions: ReadonlySet<string>,
): readonly Candidate[] {
  const sameZone = all.filter((one) => one.zoneId !== undefined && one.zoneId === zoneId);
  if (sameZone.length > 0) return sameZone;
  const sameRegion = all.filter((one) => regions.has(one.region));
  return sameRegion.length > 0 ? sameRegion : all;
}
