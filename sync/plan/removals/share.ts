import { formatProblem } from '#core/errors';
import type { Policy } from './policy';

/** Below this many held a percentage says nothing, and the brake does not act. */
const brakeFrom = 10;

/** How much of what is held a plan takes away, and how people say it: `the plan <verb> <taken> of <held> <what>`. */
export type Share = {
  readonly taken: number;
  readonly held: number;
  readonly verb: string;
  readonly what: string;
  /** ` of …`, behind the percentage; absent: there is no need to say. */
  readonly where?: string;
  /** What people look at first. */
  readonly check: string;
};

/** Why the brake withholds it; undefined: it is not too much, or allowed this once (docs/decisions/0005). */
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
