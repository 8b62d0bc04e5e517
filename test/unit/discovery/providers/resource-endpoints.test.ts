import {
  DescribeNetworkInterfacesCommand,
  DescribeVpcEndpointAssociationsCommand,
  type VpcEndpoint,
  type VpcEndpointAssociation,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import type { VpcEndpointsConfig } from '#config/schema';
import { PrivatelinkError } from '#core/errors';
import {
  answerWith,
  associateWith,
  associationAnswer,
  createMockEc2,
  discoverOver,
  endpointAnswer,
  interfaceAnswer,
  resourceArn,
  vpcEndpointsConfig,
} from '../../../support/aws/vpc-endpoints';

const mock = createMockEc2();

const interfaces = ['vpce-1', 'vpce-2'].flatMap((id, index) => [
  interfaceAnswer(`eni-${id}-a`, `10.0.1.1${index}`),
  interfaceAnswer(`eni-${id}-b`, `10.0.2.1${index}`, { AvailabilityZoneId: 'use1-az2' }),
]);

function resourceEndpoint(id: string, over: Partial<VpcEndpoint> = {}): VpcEndpoint {
  const reached = { ServiceName: undefined, ResourceConfigurationArn: resourceArn, DnsEntries: undefined };
  return endpointAnswer(id, { VpcEndpointType: 'Resource', ...reached, ...over });
}

const discover = (config?: VpcEndpointsConfig) => discoverOver(mock, config);

/** Discovers an endpoint of type Resource beside one of type Interface. */
function discoverBoth(
  associations: readonly VpcEndpointAssociation[],
  over: Partial<VpcEndpoint> = {},
  config?: VpcEndpointsConfig,
) {
  answerWith(mock, [[resourceEndpoint('vpce-1', over), endpointAnswer('vpce-2')]], interfaces);
  associateWith(mock, associations);
  return discover(config);
}

function refuseAssociations(thrown: Error): void {
  answerWith(mock, [[resourceEndpoint('vpce-1'), endpointAnswer('vpce-2')]], interfaces);
  mock.ec2.on(DescribeVpcEndpointAssociationsCommand).rejects(thrown);
}

const errorOf = (name: string, message = 'no') => Object.assign(new Error(message), { name });

const callsOf = (command: Parameters<typeof mock.ec2.commandCalls>[0]) => mock.ec2.commandCalls(command).length;

describe('an endpoint of type Resource', () => {
  it('fm-62 is routed to like type Interface, and serves the resource of its association', async () => {
    const { endpoints, quarantined } = await discoverBoth([associationAnswer('vpce-1')]);

    expect(quarantined).toEqual([]);
    expect(endpoints).toEqual([
      {
        id: 'vpce-1',
        scopeId: 'hub.self.us-east-1',
        domain: 'sd2',
        state: 'available',
        createdAtMs: 1_000,
        serviceName: resourceArn,
        vpcId: 'vpc-1',
        protocol: 'http',
        port: 80,
        paths: [],
        grantedPaths: [],
        weight: 100,
        dnsNames: [],
        addresses: [
          { ip: '10.0.1.10', region: 'us-east-1', zoneId: 'use1-az1' },
          { ip: '10.0.2.10', region: 'us-east-1', zoneId: 'use1-az2' },
        ],
      },
      expect.objectContaining({ id: 'vpce-2' }),
    ]);
  });

  it.each(['Accessible', 'accessible', 'AVAILABLE'])('fm-62 is accessible when AWS spells it %s', async (given) => {
    const { endpoints } = await discoverBoth([associationAnswer('vpce-1', { AssociatedResourceAccessibility: given })]);

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-1', 'vpce-2']);
  });

  it('fm-62 has one association where AWS lists it twice, and ignores those of other endpoints', async () => {
    const VpcEndpointAssociations = ['vpce-1', 'vpce-1', 'vpce-9'].map((id) => associationAnswer(id));
    await discoverBoth([]);
    mock.ec2.on(DescribeVpcEndpointAssociationsCommand).callsFake(() => ({ VpcEndpointAssociations }));

    expect(await discover()).toMatchObject({ endpoints: [{ id: 'vpce-1' }, { id: 'vpce-2' }], quarantined: [] });
  });

  const unreachable = 'let the owner of the resource configuration make it available and share it';
  const readAgain = 'the next pass reads it again';
  it.each<[string, readonly Partial<VpcEndpointAssociation>[], string, string, string]>([
    ['no association', [], 'missing-field', 'AWS gives no association for it', readAgain],
    [
      'several',
      [{ Id: 'a' }, { Id: 'b' }, { Id: 'c' }],
      'type-not-routed',
      'is a VPC endpoint of type Resource for 3 resources, and AWS does not say which address is whose',
      'create and tag an endpoint for each resource configuration',
    ],
    [
      'several without ids',
      [{ Id: undefined }, { Id: undefined }],
      'type-not-routed',
      'for 2 resources',
      'remove the tag and name its DNS names in a source of type dns',
    ],
    [
      'an inaccessible association',
      [{ AssociatedResourceAccessibility: 'Inaccessible' }],
      'resource-inaccessible',
      `AWS says of its association with ${resourceArn}: Inaccessible`,
      unreachable,
    ],
    [
      'an association in a future state',
      [{ AssociatedResourceAccessibility: 'Dozing' }],
      'resource-inaccessible',
      'Dozing',
      unreachable,
    ],
    [
      'a failed association',
      [{ FailureCode: 'Gone', FailureReason: 'it is deleted' }],
      'resource-inaccessible',
      'Accessible, Gone, it is deleted',
      unreachable,
    ],
    [
      'an association of unknown accessibility',
      [{ AssociatedResourceAccessibility: undefined }],
      'missing-field',
      'AssociatedResourceAccessibility',
      readAgain,
    ],
    [
      'an association without its resource',
      [{ AssociatedResourceArn: '' }],
      'missing-field',
      'AssociatedResourceArn',
      readAgain,
    ],
    [
      'a malformed association',
      [{ FailureReason: ['x'] as unknown as string }],
      'missing-field',
      'AWS gives its association in a form that cannot be read (FailureReason',
      readAgain,
    ],
  ])('fm-62 is quarantined with %s, and the rest goes on', async (_, associations, code, reason, fix) => {
    const { endpoints, quarantined } = await discoverBoth(associations.map((one) => associationAnswer('vpce-1', one)));

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toEqual([
      {
        endpointId: 'vpce-1',
        scopeId: 'hub.self.us-east-1',
        domain: 'sd2',
        state: 'available',
        code,
        reason: expect.stringContaining(reason),
        fix: expect.stringContaining(fix),
      },
    ]);
  });

  it.each([
    ['is refused by the pattern of another service', ['com.amazonaws.*'], ['vpce-2'], ['service-not-allowed']],
    [
      'is accepted by its own name',
      ['arn:aws:vpc-lattice:*:222222222222:resourceconfiguration/*', 'com.amazonaws.*'],
      ['vpce-1', 'vpce-2'],
      [],
    ],
  ])('fm-62 %s in allow.serviceNames', async (_, serviceNames, routed, codes) => {
    const config = vpcEndpointsConfig({ allow: { serviceNames } });

    const { endpoints, quarantined } = await discoverBoth([associationAnswer('vpce-1')], {}, config);

    expect(endpoints.map(({ id }) => id)).toEqual(routed);
    expect(quarantined.map(({ code }) => code)).toEqual(codes);
  });

  it('fm-30 keeps its state and addresses while it is pending', async () => {
    const { endpoints } = await discoverBoth([associationAnswer('vpce-1')], { State: 'Pending' });

    expect(endpoints[0]).toMatchObject({ id: 'vpce-1', state: 'pending', addresses: [{}, {}] });
  });

  it.each(['Deleted', 'Rejected', 'Failed'] as const)(
    'fm-30 is reported as %s, and costs no more calls',
    async (State) => {
      answerWith(mock, [[resourceEndpoint('vpce-1', { State })]]);

      const { endpoints, quarantined } = await discover(vpcEndpointsConfig({ allow: { serviceNames: ['arn:*'] } }));

      expect(endpoints).toMatchObject([{ id: 'vpce-1', state: State.toLowerCase(), addresses: [] }]);
      expect(quarantined).toEqual([]);
      expect(mock.ec2.calls()).toHaveLength(1);
    },
  );
});

describe('the calls for endpoints of type Resource', () => {
  it('fm-62 are not made without an endpoint of this type', async () => {
    answerWith(
      mock,
      [[endpointAnswer('vpce-2'), endpointAnswer('vpce-3', { VpcEndpointType: 'ServiceNetwork' })]],
      interfaces,
    );

    await discover();

    expect(callsOf(DescribeVpcEndpointAssociationsCommand)).toBe(0);
    expect(mock.ec2.calls()).toHaveLength(2);
  });

  it('fm-62 are one for all of them, after the call for interfaces, so that no association is missed', async () => {
    answerWith(mock, [[resourceEndpoint('vpce-1'), resourceEndpoint('vpce-2')]], interfaces);
    associateWith(mock, [associationAnswer('vpce-1'), associationAnswer('vpce-2')]);

    await discover();

    const commands = mock.ec2.calls().map(({ args }) => args[0].constructor);
    expect(commands.slice(1)).toEqual([DescribeNetworkInterfacesCommand, DescribeVpcEndpointAssociationsCommand]);
  });

  it('fm-62 need a permission; without it these endpoints alone are quarantined, with its name', async () => {
    refuseAssociations(errorOf('UnauthorizedOperation', 'You are not authorized to perform this operation.'));

    const { endpoints, quarantined } = await discover();

    expect(endpoints.map(({ id }) => id)).toEqual(['vpce-2']);
    expect(quarantined).toMatchObject([
      {
        endpointId: 'vpce-1',
        code: 'missing-field',
        state: 'available',
        reason: expect.stringMatching(
          /^AWS does not say what it reaches: .*ec2:DescribeVpcEndpointAssociations failed: You are not authorized/,
        ),
        fix: 'allow ec2:DescribeVpcEndpointAssociations for the identity in use',
      },
    ]);
  });

  it.each([
    ['THROTTLED', 'RequestLimitExceeded'],
    ['CREDENTIALS', 'ExpiredToken'],
    ['TIMEOUT', 'TimeoutError'],
  ])('fm-03 fail the whole scope with %s', async (code, name) => {
    refuseAssociations(errorOf(name));

    await expect(discover()).rejects.toMatchObject({ code });
  });

  it('fm-03 fail the whole scope when its role is refused meanwhile', async () => {
    const cause = errorOf('AccessDenied');
    refuseAssociations(new PrivatelinkError('sts:AssumeRole failed', { code: 'ACCESS_DENIED', fix: 'trust', cause }));

    await expect(discover()).rejects.toMatchObject({ code: 'ACCESS_DENIED', fix: 'trust' });
  });
});
