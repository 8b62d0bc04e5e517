import type { EC2Client } from '@aws-sdk/client-ec2';
import { PrivatelinkError } from '#core/errors';
import type { AccountScope } from '../accounts';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';
import { loadEc2 } from '../sdk';

/** Calls that change the connections of a service. */
export type ServiceWrite =
  | 'AcceptVpcEndpointConnections'
  | 'RejectVpcEndpointConnections'
  | 'ModifyVpcEndpointServicePermissions';

export type RightsOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<EC2Client>;
  readonly budget: CallBudget;
};

/** An id without an endpoint: a call that is no dry run after all would change nothing. */
const nobody = 'vpce-00000000000000000';
const nobodysRoot = 'arn:aws:iam::000000000000:root';

/**
 * Asks AWS by a dry run, which changes nothing, whether the identity may make a call about a
 * service. Resolves when it may. Throws PrivatelinkError (ACCESS_DENIED when it may not).
 */
export async function proveRight(
  action: ServiceWrite,
  serviceId: string,
  { scope, client, budget, signal }: RightsOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const asked = { ServiceId: serviceId, DryRun: true };
  await wrapAwsError(`ec2:${action}`, scope, async () => {
    await budget.take({ ...scope, action }, signal);
    const [sdk, ec2] = await Promise.all([loadEc2(), client()]);
    const abort = { abortSignal: signal };
    const calls = {
      AcceptVpcEndpointConnections: () =>
        ec2.send(new sdk.AcceptVpcEndpointConnectionsCommand({ ...asked, VpcEndpointIds: [nobody] }), abort),
      RejectVpcEndpointConnections: () =>
        ec2.send(new sdk.RejectVpcEndpointConnectionsCommand({ ...asked, VpcEndpointIds: [nobody] }), abort),
      ModifyVpcEndpointServicePermissions: () =>
        ec2.send(
          new sdk.ModifyVpcEndpointServicePermissionsCommand({ ...asked, RemoveAllowedPrincipals: [nobodysRoot] }),
          abort,
        ),
    };
    try {
      await calls[action]();
    } catch (thrown) {
      if (isPermitted(thrown)) return;
      throw thrown;
    }
    const fix = 'check `endpoint` of the service in contracts';
    throw new PrivatelinkError(`scope ${scope.id}: ec2:${action} answered a dry run as if it were none`, {
      code: 'BAD_ANSWER',
      fix,
    });
  });
}

/** AWS's error for a dry run that would have succeeded. */
function isPermitted(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'DryRunOperation';
}
