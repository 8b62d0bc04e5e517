import { AwsError } from './error';
import { required } from './query';
import { createQueryService } from './query-service';
import type { Action, AwsRequest } from './request';
import type { EndpointService } from './world/model';
import { zonesOf } from './world/zones';
import { element, wrap } from './xml';

/** Elastic Load Balancing for the load balancers of endpoint services alone. */
export const loadBalancing = createQueryService(
  'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
  new Map<string, Action>([
    ['DescribeTargetGroups', describeTargetGroups],
    ['DescribeTargetHealth', describeTargetHealth],
  ]),
);

/** A load balancer has one target group here. */
function describeTargetGroups(request: AwsRequest): string {
  const arn = required(request.query, 'LoadBalancerArn');
  const service = ownServices(request).find(({ loadBalancerArn }) => loadBalancerArn === arn);
  if (!service) throw new AwsError('LoadBalancerNotFound', `Load balancers '[${arn}]' not found`);
  const group =
    element('TargetGroupArn', groupArnOf(service)) +
    element('TargetGroupName', 'provider') +
    element('Protocol', 'TCP') +
    element('Port', 443) +
    wrap('LoadBalancerArns', element('member', arn)) +
    element('TargetType', 'ip');
  return wrap('TargetGroups', wrap('member', group));
}

function describeTargetHealth(request: AwsRequest): string {
  const arn = required(request.query, 'TargetGroupArn');
  const service = ownServices(request).find((one) => groupArnOf(one) === arn);
  if (!service) throw new AwsError('TargetGroupNotFound', `Target groups '${arn}' not found`);
  const zones = zonesOf(service);
  const targets = service.targets.map(({ ip, zoneId, state }) => {
    const zone = zones.find(({ id }) => id === zoneId)?.name;
    const target = element('Id', ip) + element('Port', 443) + element('AvailabilityZone', zone);
    return wrap(
      'member',
      wrap('Target', target) + element('HealthCheckPort', '443') + wrap('TargetHealth', element('State', state)),
    );
  });
  return wrap('TargetHealthDescriptions', ...targets);
}

function ownServices({ world, caller }: AwsRequest): readonly EndpointService[] {
  return world.services(caller);
}

function groupArnOf({ loadBalancerArn }: EndpointService): string {
  return loadBalancerArn.replace(':loadbalancer/net/', ':targetgroup/');
}
