import type { Clock } from '#core/timing/clock';
import { type CallBudget, createCallBudget } from './call-budget';
import type { Credentials } from './clients';
import { createCredentials } from './credentials';

/** What all AWS calls of one process share: sources, findings and publications use it. */
export type AwsAccess = {
  readonly clock: Clock;
  readonly budget: CallBudget;
  readonly credentials: Credentials;
};

/** No IO. */
export function createAwsAccess(clock: Clock): AwsAccess {
  return { clock, budget: createCallBudget({ clock }), credentials: createCredentials(clock) };
}
