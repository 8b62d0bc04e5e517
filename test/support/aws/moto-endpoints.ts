import {
  CreateSubnetCommand,
  CreateTagsCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';

/** An interface endpoint in two subnets, tagged for `domain`. */
export async function createEndpoint(ec2: EC2Client, domain: string): Promise<string> {
  const vpc = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.7.0.0/16' }));
  const VpcId = vpc.Vpc?.VpcId ?? '';
  const SubnetIds: string[] = [];
  for (const [index, AvailabilityZone] of ['us-east-1a', 'us-east-1b'].entries()) {
    const subnet = await ec2.send(
      new CreateSubnetCommand({ VpcId, AvailabilityZone, CidrBlock: `10.7.${index}.0/24` }),
    );
    SubnetIds.push(subnet.Subnet?.SubnetId ?? '');
  }
  const created = await ec2.send(
    new CreateVpcEndpointCommand({
      VpcId,
      SubnetIds,
      VpcEndpointType: 'Interface',
      ServiceName: `com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0`,
    }),
  );
  const id = created.VpcEndpoint?.VpcEndpointId ?? '';
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'kong:domain', Value: domain }] }));
  return id;
}
