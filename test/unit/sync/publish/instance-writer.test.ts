import {
  DeregisterInstanceCommand,
  GetOperationCommand,
  InstanceNotFound,
  RegisterInstanceCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { createInstanceWriter } from '#sync/publish/instance-writer';
import { createFakeClock } from '../../../support/passes';

const signal = new AbortController().signal;
const scope = { id: 'publish.self.us-east-1', source: 'publish', account: 'self', region: 'us-east-1' };
const arn = 'arn:aws:servicediscovery:us-east-1:111111111111:service/srv-1';
const instance = { id: 'i-1', attributes: { AWS_INSTANCE_IPV4: '10.0.1.11' } };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const client = new ServiceDiscoveryClient({ region: scope.region, endpoint: 'http://127.0.0.1:1' });
const mock = mockClient(client);
const budget = { take: async () => undefined };
const writer = createInstanceWriter({ scope, client: async () => client, budget, clock: createFakeClock() });

beforeEach(() => {
  mock.reset();
  mock.on(RegisterInstanceCommand).resolves({ OperationId: 'op-1' });
  mock.on(DeregisterInstanceCommand).resolves({ OperationId: 'op-2' });
});

describe('an instance writer', () => {
  it('waits for the end of the operation, in the account of a shared service', async () => {
    mock
      .on(GetOperationCommand)
      .resolvesOnce({ Operation: { Status: 'SUBMITTED' } })
      .resolvesOnce({ Operation: { Status: 'PENDING' } })
      .resolvesOnce({ Operation: { Status: 'SUCCESS' } });

    await writer.register(arn, instance, signal);

    const asked = mock.commandCalls(GetOperationCommand).map((call) => call.args[0].input);
    expect(asked).toEqual(Array(3).fill({ OperationId: 'op-1', OwnerAccount: '111111111111' }));
  });

  it.each([
    ['FAIL', 'AWS', 'operation op-1 failed: CANNOT_CREATE no more'],
    ['PENDING', 'TIMEOUT', 'operation op-1 is not done after 30 s'],
  ] as const)('throws when the operation stays %s', async (Status, code, message) => {
    const Operation = { Status, ErrorCode: 'CANNOT_CREATE', ErrorMessage: 'no more' };
    mock.on(GetOperationCommand).resolves({ Operation });

    const registering = writer.register('srv-1', instance, signal);

    await expect(registering).rejects.toMatchObject({
      code,
      transient: true,
      message: expect.stringContaining(message),
    });
  });

  it('fm-23 throws when AWS returns no operation', async () => {
    mock.on(RegisterInstanceCommand).resolves({});

    await expect(writer.register('srv-1', instance, signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('treats a missing instance as deregistered', async () => {
    mock.on(DeregisterInstanceCommand).rejects(new InstanceNotFound({ message: 'gone', $metadata: {} }));

    await expect(writer.deregister('srv-1', 'i-1', signal)).resolves.toBeUndefined();
  });
});
