import { formatProblem } from '#core/errors';
import type { Scope } from '#core/model';
import type { Failure, Read } from './scope-memory';

/** This many scopes in a row without an answer show that the region hangs. */
const mostLate = 8;

export type HungRegions = {
  /** Why this pass does not ask the scope; undefined: it does. */
  readonly whyPassedOver: (scope: Scope) => Failure | undefined;
  readonly record: (read: Read) => void;
};

/**
 * Detects regions without answers within one pass. Otherwise hundreds of scopes would each wait for
 * their time-out, and delay the answers of all others.
 */
export function createHungRegions(): HungRegions {
  const lateInRow = new Map<string, number>();
  return {
    whyPassedOver: (scope) => {
      if ((lateInRow.get(placeOf(scope)) ?? 0) < mostLate) return undefined;
      const late = `${mostLate} accounts in a row did not answer in time, so the others were not asked`;
      const fix = 'the next pass tries again; check the route to the AWS API';
      return { code: 'TIMEOUT', reason: formatProblem({ reason: `${placeOf(scope)}: ${late}`, fix }) };
    },
    record: ({ scope, failure }) => {
      const late = failure?.code === 'TIMEOUT' ? (lateInRow.get(placeOf(scope)) ?? 0) + 1 : 0;
      lateInRow.set(placeOf(scope), late);
    },
  };
}

function placeOf({ source, region }: Scope): string {
  return `source ${source}, region ${region}`;
}
