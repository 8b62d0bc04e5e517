import { formatProblem } from '#core/errors';
import type { Policy } from './policy';

/** Below this number of held addresses a percentage says nothing, and the brake does not act. */
const brakeFrom = 10;

/**
 * The share of held things that a plan takes away, and its words: `the plan <verb> <taken> of
 * <held> <what>`.
 */
export type Share = {
  readonly taken: number;
  readonly held: number;
  readonly verb: string;
  readonly what: string;
  /** Text behind the percentage: ` of …`. */
  readonly where?: string;
  /** What people should check first. */
  readonly check: string;
};

/**
 * Why the brake withholds the removals. Undefined: they are few enough, or allowed once
 * (docs/decisions/0005).
 */
export function whyTooMuch(
  { taken, held, verb, what, where = '', check }: Share,
  { maxRemovePercent, allowRemovals = 0 }: Pick<Policy, 'maxRemovePercent' | 'allowRemovals'>,
): string | undefined {
  const percent = (taken / held) * 100;
  if (held < brakeFrom || percent <= maxRemovePercent || taken <= allowRemovals) return undefined;
  return formatProblem({
    reason: `the plan ${verb} ${taken} of ${held} ${what} (${Math.round(percent)} %)${where}, more than policy.maxRemovePercent ${maxRemovePercent} %`,
    fix: `check ${check}; if that is right, --allow-removals ${taken} allows these removals once`,
  });
}
