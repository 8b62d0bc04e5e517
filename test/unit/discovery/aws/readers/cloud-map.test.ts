import {
  GetInstancesHealthStatusCommand,
  ListInstancesCommand,
  ListNamespacesCommand,
  ListServicesCommand,
  ServiceDiscoveryClient,
} from '@aws-sdk/client-servicediscovery';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mockClient } from 'aws-sdk-client-mock';
import type { CallKind } from '#discovery/aws/call-budget';
import { createCloudMapReader } from '#discovery/aws/readers/cloud-map';

const signal = new AbortController().signal;
const scope = { id: 'registry.self.us-east-1', source: 'registry', account: 'self', region: 'us-east-1' };

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
const client = new ServiceDiscoveryClient({ region: scope.region, endpoint: 'http://127.0.0.1:1' });
const mock = mockClient(client);
const taken: CallKind[] = [];
const budget = { take: async (kind: CallKind) => void taken.push(kind) };
const reader = createCloudMapReader({ scope, client: async () => client, pageSize: 1_000, budget });

beforeEach(() => {
  mock.reset();
  taken.length = 0;
});

describe('a list', () => {
  it("fm-08 is read to its last page, which carries an empty token, at AWS's largest page size", async () => {
    mock
      .on(ListInstancesCommand)
      .resolvesOnce({ Instances: [{ Id: 'a' }], NextToken: 'more' })
      .resolvesOnce({ Instances: [{ Id: 'b' }], NextToken: '' });

    const found = await reader.listInstances('srv-1', signal);

    expect(found.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(mock.commandCalls(ListInstancesCommand).map((call) => call.args[0].input)).toEqual([
      { ServiceId: 'srv-1', NextToken: undefined, MaxResults: 100 },
      { ServiceId: 'srv-1', NextToken: 'more', MaxResults: 100 },
    ]);
  });

  it('takes one call of the budget for each page', async () => {
    mock
      .on(GetInstancesHealthStatusCommand)
      .resolvesOnce({ Status: { a: 'HEALTHY' }, NextToken: 'more' })
      .resolvesOnce({ Status: { b: 'UNHEALTHY' } });

    expect(await reader.readHealth('srv-1', signal)).toEqual(
      new Map([
        ['a', 'HEALTHY'],
        ['b', 'UNHEALTHY'],
      ]),
    );
    expect(taken.map(({ action }) => action)).toEqual(['GetInstancesHealthStatus', 'GetInstancesHealthStatus']);
  });

  it('fm-23 may have null where AWS has no value', async () => {
    const nothing = { Arn: null, ResourceOwner: null, CreateDate: null, HealthCheckConfig: null };
    mock
      .on(ListServicesCommand)
      .callsFake(() => ({ Services: [{ Id: 'srv-1', Name: 'a', ...nothing }], NextToken: null }));
    mock.on(ListInstancesCommand).callsFake(() => ({ Instances: [{ Id: 'a', Attributes: null }] }));

    expect(await reader.listServices('ns-1', signal)).toEqual([
      { id: 'srv-1', name: 'a', reference: 'srv-1', createdAtMs: undefined, isHealthChecked: false },
    ]);
    expect(await reader.listInstances('srv-1', signal)).toEqual([{ id: 'a', attributes: new Map() }]);
  });
});

describe('an item with a malformed field', () => {
  it('fm-45 is returned with its id alone, and the others stay whole', async () => {
    const good = { Id: 'b', Attributes: { AWS_INSTANCE_IPV4: '10.0.0.1' } };
    mock.on(ListInstancesCommand).callsFake(() => ({ Instances: [{ Id: 'a', Attributes: { port: 80 } }, good] }));
    mock.on(GetInstancesHealthStatusCommand).callsFake(() => ({ Status: { a: 7, b: 'UNHEALTHY' } }));
    mock.on(ListServicesCommand).callsFake(() => ({ Services: [{ Id: 'srv-1', Name: 'a', CreateDate: 'x' }] }));

    expect(await reader.listInstances('srv-1', signal)).toEqual([
      { id: 'a', misfit: expect.stringContaining('Attributes.port'), attributes: new Map() },
      { id: 'b', attributes: new Map([['AWS_INSTANCE_IPV4', '10.0.0.1']]) },
    ]);
    expect([...(await reader.readHealth('srv-1', signal))]).toEqual([
      ['a', 'UNKNOWN'],
      ['b', 'UNHEALTHY'],
    ]);
    expect(await reader.listServices('ns-1', signal)).toMatchObject([{ id: 'srv-1', createdAtMs: undefined }]);
  });

  it('fm-03 fails the list if the id is missing', async () => {
    mock.on(ListInstancesCommand).callsFake(() => ({ Instances: [{ Attributes: {} }] }));

    await expect(reader.listInstances('srv-1', signal)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});

describe('a shared entity', () => {
  it('is addressed by its ARN, because only the ARN reaches it', async () => {
    const named = { Id: 'ns-1', Arn: 'arn:ns-1', Name: 'shared' };
    mock.on(ListNamespacesCommand).resolves({ Namespaces: [{ ...named, ResourceOwner: '111111111111' }, named] });

    const references = (await reader.listNamespaces(signal)).map(({ reference }) => reference);

    expect(references).toEqual(['arn:ns-1', 'ns-1']);
  });
});

describe('the health check of a service', () => {
  it.each([
    ['of Route 53', { HealthCheckConfig: { Type: 'HTTP' } }, true],
    ['of its own', { HealthCheckCustomConfig: {} }, true],
    ['missing', {}, false],
  ] as const)('%s', async (_, over, expected) => {
    mock.on(ListServicesCommand).resolves({ Services: [{ Id: 'srv-1', Name: 'a', ...over }] });

    expect(await reader.listServices('ns-1', signal)).toMatchObject([{ isHealthChecked: expected }]);
  });
});
