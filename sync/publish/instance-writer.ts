import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { z } from 'zod';
import { PrivatelinkError } from '#core/errors';
import type { Clock } from '#core/timing/clock';
import type { AccountScope } from '#discovery/aws/accounts';
import { optionalText, parseAnswer } from '#discovery/aws/answers';
import type { CallBudget } from '#discovery/aws/call-budget';
import { wrapAwsError } from '#discovery/aws/errors';
import { loadServiceDiscovery } from '#discovery/aws/sdk';

export type InstanceToRegister = { readonly id: string; readonly attributes: Readonly<Record<string, string>> };

/**
 * Changes the instances of a service, named by its id or ARN. Both methods resolve when AWS has
 * finished the operation, and throw PrivatelinkError.
 */
export interface InstanceWriter {
  /** Creates the instance, or replaces all attributes of an existing instance. */
  register(service: string, instance: InstanceToRegister, signal: AbortSignal): Promise<void>;
  /** Does nothing where the instance does not exist. */
  deregister(service: string, instanceId: string, signal: AbortSignal): Promise<void>;
}

export type InstanceWriterOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<ServiceDiscoveryClient>;
  readonly budget: CallBudget;
  readonly clock: Clock;
};

/**
 * AWS registers within seconds. Only under load it takes longer; then the next pass looks again.
 */
const operationDeadlineMs = 30_000;
const operationPollMs = 500;

export function createInstanceWriter(options: InstanceWriterOptions): InstanceWriter {
  return {
    register: async (ServiceId, { id, attributes }, signal) => {
      const { RegisterInstanceCommand } = await loadServiceDiscovery();
      const command = new RegisterInstanceCommand({ ServiceId, InstanceId: id, Attributes: { ...attributes } });
      const answer = await call('RegisterInstance', options, signal, (client, abort) => client.send(command, abort));
      await awaitOperation(answer, ServiceId, { options, signal });
    },
    deregister: async (ServiceId, InstanceId, signal) => {
      const { DeregisterInstanceCommand } = await loadServiceDiscovery();
      const command = new DeregisterInstanceCommand({ ServiceId, InstanceId });
      try {
        const answer = await call('DeregisterInstance', options, signal, (client, abort) =>
          client.send(command, abort),
        );
        await awaitOperation(answer, ServiceId, { options, signal });
      } catch (thrown) {
        if (!isNotFound(thrown)) throw thrown;
      }
    },
  };
}

type Send = (client: ServiceDiscoveryClient, abort: { readonly abortSignal: AbortSignal }) => Promise<unknown>;

function call(
  action: string,
  { scope, client, budget }: InstanceWriterOptions,
  signal: AbortSignal,
  send: Send,
): Promise<unknown> {
  return wrapAwsError(`servicediscovery:${action}`, scope, async () => {
    await budget.take({ ...scope, action }, signal);
    return send(await client(), { abortSignal: signal });
  });
}

function isNotFound(thrown: unknown): boolean {
  return (
    thrown instanceof PrivatelinkError && thrown.cause instanceof Error && thrown.cause.name === 'InstanceNotFound'
  );
}

const started = z.object({ OperationId: z.string().min(1) });
const progress = z.object({
  Operation: z.object({ Status: optionalText, ErrorCode: optionalText, ErrorMessage: optionalText }),
});

/** Waits for the end of the operation: both calls only start the work, and the work may fail. */
async function awaitOperation(
  answer: unknown,
  service: string,
  { options, signal }: { readonly options: InstanceWriterOptions; readonly signal: AbortSignal },
): Promise<void> {
  const { scope, clock } = options;
  const { GetOperationCommand } = await loadServiceDiscovery();
  const { OperationId } = parseAnswer(started, answer, scope);
  const command = new GetOperationCommand({ OperationId, OwnerAccount: accountOf(service) });
  const untilMs = clock.monotonicMs() + operationDeadlineMs;
  for (;;) {
    const asked = await call('GetOperation', options, signal, (client, abort) => client.send(command, abort));
    const { Status, ErrorCode, ErrorMessage } = parseAnswer(progress, asked, scope).Operation;
    if (Status === 'SUCCESS') return;
    const what = `source ${scope.source}, account ${scope.account}, region ${scope.region}: operation ${OperationId}`;
    if (Status === 'FAIL') {
      const fix = 'the next pass tries again';
      throw new PrivatelinkError(`${what} failed: ${ErrorCode} ${ErrorMessage}`, { code: 'AWS', fix });
    }
    if (clock.monotonicMs() >= untilMs) {
      const reason = `${what} is not done after ${operationDeadlineMs / 1_000} s`;
      throw new PrivatelinkError(reason, { code: 'TIMEOUT', fix: 'the next pass looks again' });
    }
    await clock.sleep(operationPollMs, signal);
  }
}

/**
 * Returns the account in the ARN of a service. AWS finds operations on a shared namespace only by
 * the namespace's owner. Undefined for a service named by its id.
 */
function accountOf(service: string): string | undefined {
  return service.startsWith('arn:') ? service.split(':')[4] : undefined;
}
