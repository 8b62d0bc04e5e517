import {
  AcceptVpcEndpointConnectionsCommand,
  EC2Client,
  EC2ServiceException,
  ModifyVpcEndpointServicePermissionsCommand,
  RejectVpcEndpointConnectionsCommand,
} from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import { createCallBudget } from '#discovery/aws/call-budget';
import { createContractWriter } from '#sync/contracts/contract-writer';
import { scopeId, serviceId } from '../../../support/contracts/builders';
import { createFakeClock } from '../../../support/passes';

const signal = new AbortController().signal;
const roleArn = 'arn:aws:iam::333333333333:role/contracts';
const scope = { id: scopeId, source: 'contracts', account: '333333333333', region: 'us-east-1', roleArn };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const client = new EC2Client({ region: scope.region, endpoint: 'http://127.0.0.1:1' });
const mock = mockClient(client);

function createWriter(clock = createFakeClock()) {
  const budget = createCallBudget({ clock, burst: 10, perSecond: 1 });
  return createContractWriter([{ serviceId, scope, client: async () => client }], budget);
}

beforeEach(() => {
  mock.reset();
});

describe('a contract writer', () => {
  it.each([
    ['accept', AcceptVpcEndpointConnectionsCommand],
    ['reject', RejectVpcEndpointConnectionsCommand],
  ] as const)('%ss connections, and returns those that AWS leaves out', async (action, command) => {
    const Unsuccessful = [
      { ResourceId: 'vpce-2', Error: { Code: 'InvalidState', Message: 'it is failed' } },
      { ResourceId: 'vpce-3' },
    ];
    mock.on(command).resolves({ Unsuccessful });

    const refused = await createWriter().write({ action, serviceId, subjects: ['vpce-1', 'vpce-2', 'vpce-3'] }, signal);

    expect(refused).toEqual([
      { subject: 'vpce-2', error: 'InvalidState: it is failed' },
      { subject: 'vpce-3', error: 'AWS gives no reason' },
    ]);
    expect(mock.commandCalls(command as typeof AcceptVpcEndpointConnectionsCommand)[0]?.args[0].input).toEqual({
      ServiceId: serviceId,
      VpcEndpointIds: ['vpce-1', 'vpce-2', 'vpce-3'],
    });
  });

  it.each([
    ['allow', 'AddAllowedPrincipals'],
    ['disallow', 'RemoveAllowedPrincipals'],
  ] as const)('%ss principals', async (action, field) => {
    mock.on(ModifyVpcEndpointServicePermissionsCommand).resolves({ ReturnValue: true });

    expect(await createWriter().write({ action, serviceId, subjects: ['*'] }, signal)).toEqual([]);
    expect(mock.commandCalls(ModifyVpcEndpointServicePermissionsCommand)[0]?.args[0].input).toEqual({
      ServiceId: serviceId,
      [field]: ['*'],
    });
  });

  it('fm-23 throws if the answer does not confirm the write', async () => {
    mock.on(AcceptVpcEndpointConnectionsCommand).resolves({});
    mock.on(ModifyVpcEndpointServicePermissionsCommand).resolves({});

    for (const action of ['accept', 'allow'] as const) {
      const writing = createWriter().write({ action, serviceId, subjects: ['vpce-1'] }, signal);
      await expect(writing).rejects.toMatchObject({ code: 'BAD_ANSWER', transient: true });
    }
  });

  it('throws if AWS reports no changed principal', async () => {
    mock.on(ModifyVpcEndpointServicePermissionsCommand).resolves({ ReturnValue: false });

    const writing = createWriter().write({ action: 'allow', serviceId, subjects: ['*'] }, signal);

    await expect(writing).rejects.toMatchObject({ code: 'AWS' });
  });

  it('names the permission and the role where AWS denies the call', async () => {
    const $metadata = {};
    const denied = new EC2ServiceException({
      name: 'UnauthorizedOperation',
      message: 'no',
      $fault: 'client',
      $metadata,
    });
    mock.on(RejectVpcEndpointConnectionsCommand).rejects(denied);

    const writing = createWriter().write({ action: 'reject', serviceId, subjects: ['vpce-1'] }, signal);

    await expect(writing).rejects.toMatchObject({
      code: 'ACCESS_DENIED',
      fix: `allow ec2:RejectVpcEndpointConnections for ${roleArn}`,
    });
  });

  it('makes ten calls at once and one in each further second, for each action separately', async () => {
    mock.on(AcceptVpcEndpointConnectionsCommand).resolves({ Unsuccessful: [] });
    mock.on(RejectVpcEndpointConnectionsCommand).resolves({ Unsuccessful: [] });
    const clock = createFakeClock();
    const writer = createWriter(clock);
    const waits: number[] = [];

    for (let count = 0; count < 12; count += 1) {
      const beforeMs = clock.monotonicMs();
      await writer.write({ action: 'accept', serviceId, subjects: ['vpce-1'] }, signal);
      waits.push(clock.monotonicMs() - beforeMs);
    }
    await writer.write({ action: 'reject', serviceId, subjects: ['vpce-1'] }, signal);

    expect(waits).toEqual([...Array(10).fill(0), 1_000, 1_000]);
    expect(clock.monotonicMs()).toBe(2_000);
  });
});
