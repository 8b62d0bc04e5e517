/** The most that a record can say (RFC 2782: 16 bits). */
const mostWeight = 65_535;

/** Weights above 0 as SRV records tell them, from 1 to 65,535, in the same ratios as far as whole numbers can. */
export function srvWeights(weights: readonly number[]): readonly number[] {
  const largest = weights.reduce((most, one) => Math.max(most, one), 1);
  const scale = largest > mostWeight ? mostWeight / largest : 1;
  return weights.map((one) => Math.max(1, Math.round(one * scale)));
}

/** Of so many requests about one goes to each spare. */
const requestsPerSpare = 1_000;

/**
 * The same where spares of weight 1 stand beside them: each of these gets about a thousandth of the requests, however many they are. Kong
 * holds as many entries as the weights have in sum, so that they are made no greater than that takes.
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
