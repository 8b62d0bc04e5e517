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

/** Changes the instances of a service, named by its id or ARN; both resolve when AWS has done it, and throw PrivatelinkError. */
export interface InstanceWriter {
  /** Replaces all attributes of an instance that exists. */
  register(service: string, instance: InstanceToRegister, signal: AbortSignal): Promise<void>;
  /** Does nothing where there is no such instance. */
  deregister(service: string, instanceId: string, signal: AbortSignal): Promise<void>;
}

export type InstanceWriterOptions = {
  readonly scope: AccountScope;
  readonly client: () => Promise<ServiceDiscoveryClient>;
  readonly budget: CallBudget;
  readonly clock: Clock;
};

/** AWS registers in seconds where it works at all, and starts later than this only under load: then the next pass looks again. */
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

/** Both calls only start the work, which may yet fail. */
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
      const fix = 'it is tried again in the next pass';
      throw new PrivatelinkError(`${what} failed: ${ErrorCode} ${ErrorMessage}`, { code: 'AWS', fix });
    }
    if (clock.monotonicMs() >= untilMs) {
      const reason = `${what} is not done after ${operationDeadlineMs / 1_000} s`;
      throw new PrivatelinkError(reason, { code: 'TIMEOUT', fix: 'the next pass looks again' });
    }
    await clock.sleep(operationPollMs, signal);
  }
}

/** The account of a service that is known by its ARN: AWS finds operations on a shared namespace by its owner alone. */
function accountOf(service: string): string | undefined {
  return service.startsWith('arn:') ? service.split(':')[4] : undefined;
}
