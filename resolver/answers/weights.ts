/** The largest weight of a record (RFC 2782: 16 bits). */
const mostWeight = 65_535;

/**
 * Weights above 0 for SRV records, from 1 to 65,535. They keep the ratios as far as whole numbers
 * allow.
 */
export function srvWeights(weights: readonly number[]): readonly number[] {
  const largest = weights.reduce((most, one) => Math.max(most, one), 1);
  const scale = largest > mostWeight ? mostWeight / largest : 1;
  return weights.map((one) => Math.max(1, Math.round(one * scale)));
}

/** About one of this many requests goes to each spare. */
const requestsPerSpare = 1_000;

/**
 * The same, beside spares of weight 1. Each spare gets about a thousandth of the requests, however
 * many there are. Kong holds as many entries as the sum of the weights, so the weights are as small
 * as that allows.
 */
export function srvWeightsBesideSpares(weights: readonly number[]): readonly number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  const total = weights.reduce((sum, one) => sum + one / divisor, 0);
  const scale = Math.max(1, Math.ceil(requestsPerSpare / total));
  return srvWeights(weights.map((one) => (one / divisor) * scale));
}

function greatestCommonDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestCommonDivisor(other, one % other);
}
