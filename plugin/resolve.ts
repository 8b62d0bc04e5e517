import { settleClaims } from '../core/claims';
import type { Protocol, Snapshot, Target } from '../core/model';

/** One address to send a request to, and the Host header that Kong's own upstream would send there. */
export type Pick = { readonly ip: string; readonly port: number; readonly host: string };

/** Gives the next pick; every target as often as its weight says. The only thing here that remembers anything. */
export type Picker = { readonly candidates: readonly Candidate[]; readonly next: () => Pick };

export type Route = {
  readonly near: Picker;
  readonly any: Picker;
  /** When discovery last confirmed all of the domain's scopes; unix epoch, milliseconds. */
  readonly observedAtMs: number;
};

/** Routes by domain. */
export type Table = ReadonlyMap<string, Route>;

/**
 * Builds the table of a snapshot for a data plane in `zoneId`; all that can be decided before a request is decided here.
 * Rounds of `previous` go on where the candidates are the same, or a domain with few requests would always get its first target.
 */
export function buildTable(snapshot: Snapshot, zoneId: string | undefined, previous?: Table): Table {
  const observed = observationTimes(snapshot);
  const { domains } = settleClaims(snapshot);
  const regions = homeRegions(
    domains.flatMap((domain) => domain.targets),
    zoneId,
  );
  return new Map(
    domains.map(({ name, protocol, host, targets }) => {
      const toCandidate = ({ ip, port, zoneId: zone, region, weight }: Target): Candidate => ({
        zoneId: zone,
        region,
        weight,
        pick: { ip, port, host: hostHeader(host ?? `${name}.privatelink`, port, protocol) },
      });
      const all = usable(targets).map(toCandidate);
      const before = previous?.get(name);
      const near = pickerOf(nearestOf(all, zoneId, regions), before?.near);
      const observedAtMs = Math.min(...targets.map((target) => observed.get(target.scopeId) ?? 0));
      return [name, { near, any: pickerOf(all, before?.any), observedAtMs }];
    }),
  );
}

type Candidate = {
  readonly zoneId?: string;
  readonly region: string;
  readonly weight: number;
  readonly pick: Pick;
};

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

/** The picker of these candidates: the one before, if it was made of the same. */
function pickerOf(candidates: readonly Candidate[], before: Picker | undefined): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  return isSame ? before : createPicker(candidates);
}

function isEqual({ weight, pick }: Candidate, other: Candidate | undefined): boolean {
  return (
    weight === other?.weight &&
    pick.ip === other.pick.ip &&
    pick.port === other.pick.port &&
    pick.host === other.pick.host
  );
}

/** Smooth weighted round robin, as nginx does it: over the sum of weights each target comes up exactly as often as its weight. */
function createPicker(candidates: readonly Candidate[]): Picker {
  const picks = candidates.map((one) => one.pick);
  const [only, ...others] = picks;
  if (!only) throw new Error('a domain without targets has no route');
  if (others.length === 0) return { candidates, next: () => only };
  const weights = candidates.map((one) => one.weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const current = new Float64Array(weights.length);
  const next = () => {
    let best = 0;
    for (let index = 0; index < current.length; index += 1) {
      const value = (current[index] ?? 0) + (weights[index] ?? 0);
      current[index] = value;
      if (value > (current[best] ?? 0)) best = index;
    }
    current[best] = (current[best] ?? 0) - total;
    return picks[best] ?? only;
  };
  return { candidates, next };
}
