import { codeOf } from '#core/errors';
import { telling } from '#io/api-calls';
import type { ClientPlugin } from './answer-limits';
import { awsErrorCode } from './errors';

/** Reports each try of each call, by AWS's own names: `ec2`, `DescribeVpcEndpoints`. */
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
      // The highest priority of the last step before the connection: inside the SDK's retries, and
      // after its parser.
      { step: 'deserialize', priority: 'high', name: 'toldCalls' },
    ),
};

/**
 * Errors in the role of answers: about an unknown id, or about a dry run with permission.
 */
function isAnswer(thrown: unknown): boolean {
  return thrown instanceof Error && /(NotFound|^DryRunOperation)$/.test(codeOf(thrown) ?? thrown.name);
}
