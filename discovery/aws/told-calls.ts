import { codeOf } from '#core/errors';
import { telling } from '#io/api-calls';
import type { ClientPlugin } from './answer-limits';
import { awsErrorCode } from './errors';

/** Tells of each try of each call, with AWS's own names: `ec2`, `DescribeVpcEndpoints`. */
export const toldCalls: ClientPlugin = {
  applyToStack: (stack) =>
    stack.add(
      (next, { clientName = '', commandName = '' }) =>
        (args) =>
          telling(
            {
              api: clientName.replace(/Client$/, '').toLowerCase(),
              action: commandName.replace(/Command$/, ''),
            },
            () => next(args),
            { ofThrown: (thrown) => (isAnswer(thrown) ? 'ok' : awsErrorCode(thrown)) },
          ),
      // The highest priority of the last step before the connection: within the SDK's own retries, and after its parser.
      { step: 'deserialize', priority: 'high', name: 'toldCalls' },
    ),
};

/** AWS was asked for an id, and says that there is none; or whether a call would be let through, and says yes. */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && /(NotFound|^DryRunOperation)$/.test(codeOf(thrown) ?? thrown.name);
}
