import type { EC2Client } from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import type { AccountScope } from '#discovery/aws/accounts';
import { optionalText, parseAnswer } from '#discovery/aws/answers';
import type { CallBudget } from '#discovery/aws/call-budget';
import { wrapAwsError } from '#discovery/aws/errors';
import { loadEc2 } from '#discovery/aws/sdk';
import { withinDeadline } from '#io/signals';
import type { ContractVerb } from './actions';

/** One call: the ids of endpoints to accept or reject, or the principals to allow or disallow. */
export type ContractCall = {
  readonly action: ContractVerb;
  readonly serviceId: string;
  readonly subjects: readonly string[];
};

/** An endpoint that AWS did not accept or reject, with AWS's words. */
export type RefusedSubject = { readonly subject: string; readonly error: string };

/** Changes the connections and the permissions of endpoint services. */
export interface ContractWriter {
  /** Returns the refused subjects of a call. Throws PrivatelinkError when the whole call fails. */
  write(call: ContractCall, signal: AbortSignal): Promise<readonly RefusedSubject[]>;
}

/** An endpoint service and the client that reaches it. */
export type ServiceAccess = {
  readonly serviceId: string;
  readonly scope: AccountScope;
  readonly client: () => Promise<EC2Client>;
};

/** The SDK tries three times, 20 s each. The wait for the budget is included. */
const callTimeoutMs = 120_000;

/**
 * Returns a writer for these services. `budget` is for these calls alone: AWS grants ten at once,
 * then one a second.
 */
export function createContractWriter(services: readonly ServiceAccess[], budget: CallBudget): ContractWriter {
  const byId = new Map(services.map((one) => [one.serviceId, one]));
  return {
    write: (call, signal) => {
      const service = byId.get(call.serviceId);
      if (!service) throw new Error(`${call.serviceId} is no service of contracts`);
      return send(call, { ...service, budget }, signal);
    },
  };
}

const actionNames: Readonly<Record<ContractVerb, string>> = {
  allow: 'ModifyVpcEndpointServicePermissions',
  disallow: 'ModifyVpcEndpointServicePermissions',
  accept: 'AcceptVpcEndpointConnections',
  reject: 'RejectVpcEndpointConnections',
};

type Sending = ServiceAccess & { readonly budget: CallBudget };

function send(call: ContractCall, { scope, client, budget }: Sending, signal: AbortSignal) {
  const action = actionNames[call.action];
  const asked = `scope ${scope.id}: ec2:${action}`;
  return withinDeadline(
    (own) =>
      wrapAwsError(`ec2:${action}`, scope, async () => {
        await budget.take({ ...scope, action }, own);
        const answer = await answerTo(call, await client(), own);
        return parseRefused(call, answer, scope);
      }),
    { signal, timeoutMs: callTimeoutMs, asked },
  );
}

async function answerTo(
  { action, serviceId: ServiceId, subjects }: ContractCall,
  client: EC2Client,
  abortSignal: AbortSignal,
): Promise<unknown> {
  const sdk = await loadEc2();
  const [principals, VpcEndpointIds, abort] = [[...subjects], [...subjects], { abortSignal }];
  switch (action) {
    case 'accept':
      return client.send(new sdk.AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }), abort);
    case 'reject':
      return client.send(new sdk.RejectVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds }), abort);
    case 'allow': {
      const input = { ServiceId, AddAllowedPrincipals: principals };
      return client.send(new sdk.ModifyVpcEndpointServicePermissionsCommand(input), abort);
    }
    case 'disallow': {
      const input = { ServiceId, RemoveAllowedPrincipals: principals };
      return client.send(new sdk.ModifyVpcEndpointServicePermissionsCommand(input), abort);
    }
  }
}

/** AWS always sends the list. An empty list means that AWS did everything. */
const connectionsAnswer = z.object({
  Unsuccessful: z.array(
    z.object({
      ResourceId: z.string(),
      Error: z.object({ Code: optionalText, Message: optionalText }).nullish(),
    }),
  ),
});

const permissionsAnswer = z.object({ ReturnValue: z.boolean() });

function parseRefused(call: ContractCall, answer: unknown, scope: AccountScope): readonly RefusedSubject[] {
  if (call.action === 'allow' || call.action === 'disallow') {
    const { ReturnValue } = parseAnswer(permissionsAnswer, answer, scope);
    if (ReturnValue) return [];
    const fix = 'the next pass tries again';
    throw new PrivatelinkError(`scope ${scope.id}: AWS changed no principal, and does not say why`, {
      code: 'AWS',
      fix,
    });
  }
  const { Unsuccessful } = parseAnswer(connectionsAnswer, answer, scope);
  return Unsuccessful.map(({ ResourceId, Error: error }) => ({
    subject: ResourceId,
    error: [error?.Code, error?.Message].filter((text) => text !== undefined).join(': ') || 'AWS gives no reason',
  }));
}
