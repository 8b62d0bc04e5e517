import type { Candidate } from './resolve';

/** Gives the next candidate; each as often as its weight says. `round` is all that it remembers. */
export type Picker = {
  readonly candidates: readonly Candidate[];
  readonly round: Float64Array;
  readonly next: () => Candidate;
};

/** The picker of at least one candidate; its round goes on from that of `before` when it was made of the same. */
export function pickerOf(candidates: readonly Candidate[], before: Picker | undefined): Picker {
  const isSame =
    before?.candidates.length === candidates.length &&
    candidates.every((one, index) => isEqual(one, before.candidates[index]));
  return createPicker(candidates, isSame ? before.round : new Float64Array(candidates.length));
}

function isEqual({ weight, ip, port, host }: Candidate, other: Candidate | undefined): boolean {
  return weight === other?.weight && ip === other.ip && port === other.port && host === other.host;
}

/** Smooth weighted round robin, as nginx does it: over the sum of weights each target comes up exactly as often as its weight. */
function createPicker(candidates: readonly Candidate[], round: Float64Array): Picker {
  const [only, ...others] = candidates;
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
    return candidates[best] ?? only;
  };
  return { candidates, round, next };
}

/** The next candidate whose scope is fresh; undefined when there is none. */
export function pickFresh({ candidates, next }: Picker, isFresh: (scopeId: string) => boolean): Candidate | undefined {
  for (let attempt = 0; attempt < candidates.length; attempt += 1) {
    const candidate = next();
    if (isFresh(candidate.scopeId)) return candidate;
  }
  return candidates.find((one) => isFresh(one.scopeId));
}
