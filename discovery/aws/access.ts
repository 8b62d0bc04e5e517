import type { Clock } from '#core/timing/clock';
import { type CallBudget, createCallBudget } from './call-budget';
import type { Credentials } from './clients';
import { createCredentials } from './credentials';

/** What all that one process asks of AWS has in common: sources, findings and publications share it. */
export type AwsAccess = {
  readonly clock: Clock;
  readonly budget: CallBudget;
  readonly credentials: Credentials;
};

/** No IO. */
export function createAwsAccess(clock: Clock): AwsAccess {
  return { clock, budget: createCallBudget({ clock }), credentials: createCredentials(clock) };
}
