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

/** An endpoint that AWS did not accept or reject, with its words. */
export type RefusedSubject = { readonly subject: string; readonly error: string };

/** Changes the connections and the permissions of endpoint services. */
export interface ContractWriter {
  /** Gives what AWS did not do of a call that succeeded; throws PrivatelinkError where the call failed as a whole. */
  write(call: ContractCall, signal: AbortSignal): Promise<readonly RefusedSubject[]>;
}

/** One service, and how it is reached. */
export type ServiceAccess = {
  readonly serviceId: string;
  readonly scope: AccountScope;
  readonly client: () => Promise<EC2Client>;
};

/** AWS's own call tries three times, 20 s each; the wait for the budget counts, too. */
const callTimeoutMs = 120_000;

/** Writes to these services; `budget` is for these calls alone, of which AWS grants ten at once and one a second. */
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

/** AWS always gives the list, empty where it did all. */
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
    const fix = 'it is tried again in the next pass';
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
