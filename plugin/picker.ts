/** One address to send a request to, and the Host header that Kong's own upstream would send there. */
export type Pick = {
  readonly ip: string;
  readonly port: number;
  readonly host: string;
  /** When discovery last confirmed the target's scope; unix epoch, milliseconds. */
  readonly observedAtMs: number;
};

export type Candidate = {
  readonly endpointId: string;
  readonly zoneId?: string;
  readonly region: string;
  readonly weight: number;
  readonly pick: Pick;
};

/** Gives the next pick; every target as often as its weight says. `round` is all that it remembers. */
export type Picker = {
  readonly candidates: readonly Candidate[];
  readonly round: Float64Array;
  readonly next: () => Pick;
};

/** The picker of at least one candidate; its round goes on from that of `before` when it was made of the same. */
export function pickerOf(candidates: readonly Candidate[], before: Picker | undefined): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  return createPicker(candidates, isSame ? before.round : new Float64Array(candidates.length));
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
function createPicker(candidates: readonly Candidate[], round: Float64Array): Picker {
  const picks = candidates.map((one) => one.pick);
  const [only, ...others] = picks;
  if (!only) throw new Error('a domain without targets has no route');
  if (others.length === 0) return { candidates, round, next: () => only };
  const weights = candidates.map((one) => one.weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const next = () => {
    let best = 0;
    for (let index = 0; index < round.length; index += 1) {
      const value = (round[index] ?? 0) + (weights[index] ?? 0);
      round[index] = value;
      if (value > (round[best] ?? 0)) best = index;
    }
    round[best] = (round[best] ?? 0) - total;
    return picks[best] ?? only;
  };
  return { candidates, round, next };
}

/** The next pick that discovery has confirmed since `sinceMs`; undefined when there is none. */
export function pickFresh({ candidates, next }: Picker, sinceMs: number): Pick | undefined {
  for (let attempt = 0; attempt < candidates.length; attempt += 1) {
    const pick = next();
    if (pick.observedAtMs >= sinceMs) return pick;
  }
  return candidates.map((one) => one.pick).find((pick) => pick.observedAtMs >= sinceMs);
}
