import { type Deadline, withinDeadline } from '#io/signals';
import { isUnknownService } from '../aws/readers/services';
import { type Failure, failureOf } from '../scope-memory';
import type { PartOutcome } from './parts';

/**
 * Makes what runs a question within its time: whatever it throws is an outcome, `unknown` where AWS does not know the service. It rejects with
 * the signal's reason only.
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
