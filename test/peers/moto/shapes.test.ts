import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { loadModel, misfitsOf } from '../../support/aws/botocore';
import { keysOf } from '../../support/aws/keys';
import { describeWithMoto } from '../../support/aws/moto';
import { type ContractsEstate, openContractsEstate, providerAccount, region } from '../../support/contracts/estate';

const versions = { ec2: '2016-11-15', elbv2: '2015-12-01' } as const;
type Api = keyof typeof versions;

describeWithMoto('answers of the sandbox about endpoint services', () => {
  let estate: ContractsEstate;
  let ids: Readonly<Record<string, string>>;

  beforeEach(async () => {
    estate = await openContractsEstate();
    const { id, name, loadBalancerArn } = estate.createService();
    const waiting = estate.connect(name, '111111111111');
    estate.connect(name, '444444444444');
    const group = loadBalancerArn.replace(':loadbalancer/net/', ':targetgroup/');
    ids = { service: id, endpoint: waiting, balancer: loadBalancerArn, group };
  });

  afterEach(() => estate.close());

  async function ask(api: Api, action: string, input: Readonly<Record<string, string>>): Promise<string> {
    const { AWS_ACCESS_KEY_ID: key } = keysOf(providerAccount);
    const values = Object.entries(input).map(([name, value]) => [name, ids[value] ?? value]);
    const answer = await fetch(estate.aws.url, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/${region}/${api}/aws4_request` },
      body: new URLSearchParams([['Action', action], ['Version', versions[api]], ...(values as [string, string][])]),
    });
    expect(answer.status).toBe(200);
    return answer.text();
  }

  it.each([
    ['ec2', 'DescribeVpcEndpointServiceConfigurations', {}, 'serviceConfigurationSet'],
    ['ec2', 'DescribeVpcEndpointServiceConfigurations', { 'ServiceId.1': 'service' }, 'availabilityZoneIdSet'],
    ['ec2', 'DescribeVpcEndpointServicePermissions', { ServiceId: 'service' }, 'servicePermissionId'],
    [
      'ec2',
      'ModifyVpcEndpointServicePermissions',
      {
        ServiceId: 'service',
        'AddAllowedPrincipals.1': 'arn:aws:iam::111111111111:role/a',
        'RemoveAllowedPrincipals.1': '*',
      },
      'addedPrincipalSet',
    ],
    ['ec2', 'DescribeVpcEndpointConnections', { MaxResults: '5' }, 'vpcEndpointOwner'],
    [
      'ec2',
      'AcceptVpcEndpointConnections',
      { ServiceId: 'service', 'VpcEndpointId.1': 'endpoint', 'VpcEndpointId.2': 'vpce-0' },
      'unsuccessful',
    ],
    ['ec2', 'RejectVpcEndpointConnections', { ServiceId: 'service', 'VpcEndpointId.1': 'endpoint' }, 'unsuccessful'],
    ['elbv2', 'DescribeTargetGroups', { LoadBalancerArn: 'balancer' }, 'TargetGroupArn'],
    ['elbv2', 'DescribeTargetHealth', { TargetGroupArn: 'group' }, 'AvailabilityZone'],
  ] as const)('to %s %s %j have only fields and values of the AWS model', async (api, action, input, field) => {
    const answer = await ask(api, action, input);

    expect(answer).toContain(`<${field}>`);
    expect(misfitsOf(loadModel(api), action, answer)).toEqual([]);
  });

  it('fail this check with an unknown field and an unknown value', async () => {
    const answer = await ask('ec2', 'DescribeVpcEndpointServiceConfigurations', {});
    const changed = answer.replaceAll('acceptanceRequired', 'acceptRequired').replace('Available', 'Fine');

    expect(misfitsOf(loadModel('ec2'), 'DescribeVpcEndpointServiceConfigurations', changed)).toEqual([
      expect.stringContaining('Fine is no ServiceState'),
      expect.stringContaining('acceptRequired: ServiceConfiguration has no such field'),
    ]);
  });
});
