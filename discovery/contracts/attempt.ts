import { type Deadline, withinDeadline } from '#io/signals';
import { isUnknownService } from '../aws/readers/services';
import { type Failure, failureOf } from '../scope-memory';
import type { PartOutcome } from './parts';

/**
 * Runs a question within its time. An error becomes an outcome, `unknown` when AWS does not know
 * the service. Rejects only with the signal's reason.
 */
export function createAttempt(deadline: Deadline) {
  return async <T>(ask: (signal: AbortSignal) => Promise<T>, unknown?: Failure): Promise<PartOutcome<T>> => {
    try {
      return { value: await withinDeadline(ask, deadline) };
    } catch (thrown) {
      deadline.signal.throwIfAborted();
      return { failure: unknown && isUnknownService(thrown) ? unknown : failureOf(thrown, deadline.asked) };
    }
  };
}
