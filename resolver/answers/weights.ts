/** The most that a record can say (RFC 2782: 16 bits). */
const mostWeight = 65_535;

/** Weights above 0 as SRV records tell them, from 1 to 65,535, in the same ratios as far as whole numbers can. */
export function srvWeights(weights: readonly number[]): readonly number[] {
  const largest = weights.reduce((most, one) => Math.max(most, one), 1);
  const scale = largest > mostWeight ? mostWeight / largest : 1;
  return weights.map((one) => Math.max(1, Math.round(one * scale)));
}
