import { settleClaims } from '../core/claims';
import type { Protocol, Snapshot, Target } from '../core/model';
import { compareText } from '../core/targets';

/** One address to send a request to, and the Host header that Kong's own upstream would send there. */
export type Pick = { readonly ip: string; readonly port: number; readonly host: string };

/** Gives the next pick; every target as often as its weight says. */
export type Picker = () => Pick;

export type Route = {
  readonly near: Picker;
  readonly any: Picker;
  /** When discovery last confirmed all of the domain's scopes; unix epoch, milliseconds. */
  readonly observedAtMs: number;
};

/** Routes by domain. */
export type Table = ReadonlyMap<string, Route>;

/** Builds the table of a snapshot for a data plane in `zoneId`; all that can be decided before a request is decided here. */
export function buildTable(snapshot: Snapshot, zoneId: string | undefined): Table {
  const observed = observationTimes(snapshot);
  const { domains } = settleClaims(snapshot);
  const regions = homeRegions(
    domains.flatMap((domain) => domain.targets),
    zoneId,
  );
  return new Map(
    domains.map(({ name, protocol, host, targets }) => {
      const toCandidate = (target: Target): Candidate => ({
        ...target,
        pick: {
          ip: target.ip,
          port: target.port,
          host: hostHeader(host ?? `${name}.privatelink`, target.port, protocol),
        },
      });
      const all = usable(targets).map(toCandidate);
      const nearest = nearestOf(all, zoneId, regions);
      const observedAtMs = Math.min(...targets.map((target) => observed.get(target.scopeId) ?? 0));
      return [name, { near: createPicker(nearest), any: createPicker(all), observedAtMs }];
    }),
  );
}

type Candidate = Target & { readonly pick: Pick };

/** Kong's rule: the port is left out only where it is the scheme's own (kong/runloop/balancer, set_host_header). */
export function hostHeader(host: string, port: number, protocol: Protocol): string {
  const isTls = protocol === 'https' || protocol === 'grpcs';
  return port === (isTls ? 443 : 80) ? host : `${host}:${port}`;
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
function homeRegions(targets: readonly Target[], zoneId: string | undefined): ReadonlySet<string> {
  const prefix = zoneId?.split('-')[0];
  const isHome = (target: Target) => prefix !== undefined && target.zoneId?.split('-')[0] === prefix;
  return new Set(targets.filter(isHome).map((target) => target.region));
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

/** Smooth weighted round robin, as nginx does it: over the sum of weights each target comes up exactly as often as its weight. */
function createPicker(candidates: readonly Candidate[]): Picker {
  const picks = candidates.map((one) => one.pick);
  const [only, ...others] = picks;
  if (!only) throw new Error('a domain without targets has no route');
  if (others.length === 0) return () => only;
  const weights = candidates.map((one) => one.weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const current = new Float64Array(weights.length);
  return () => {
    let best = 0;
    for (let index = 0; index < current.length; index += 1) {
      const value = (current[index] ?? 0) + (weights[index] ?? 0);
      current[index] = value;
      if (value > (current[best] ?? 0)) best = index;
    }
    current[best] = (current[best] ?? 0) - total;
    return picks[best] ?? only;
  };
}

/** Domains of a table, for messages. */
export function domainsOf(table: Table): readonly string[] {
  return [...table.keys()].sort(compareText);
}
