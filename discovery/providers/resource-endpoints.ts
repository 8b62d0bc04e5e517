import { isProblem, type Problem } from '#core/errors';
import { groupBy } from '#core/group-by';
import type { Candidate } from '../admission/admit';
import { missingField } from '../admission/fields';
import { whyUnreadable } from '../aws/answers';
import { isUnpermitted } from '../aws/errors';
import type { AssociationItem } from '../aws/readers/associations';
import type { Ec2Reader } from '../aws/readers/endpoints';

/**
 * The ARN of the resource configuration that an endpoint serves, or why requests are not sent to
 * it.
 */
export type Reached = { readonly serviceName: string } | Extract<Candidate['facts'], Problem>;

type Unreached = Extract<Reached, Problem>;

/**
 * Asks AWS about the targets of Resource endpoints, by endpoint id. Makes no call without such
 * endpoints. Throws PrivatelinkError.
 */
export async function readReached(
  reader: Ec2Reader,
  endpointIds: readonly string[],
  signal: AbortSignal,
): Promise<(endpointId: string) => Reached> {
  const listed = await listPermitted(reader, endpointIds, signal);
  if (isProblem(listed)) return () => listed;
  const byEndpoint = groupBy(listed, ({ endpointId }) => endpointId);
  return (endpointId) => reachedBy(distinct(byEndpoint.get(endpointId) ?? []));
}

/**
 * Interface endpoints do not need this permission. Without it, only the Resource endpoints are
 * uncertain (fm-62).
 */
async function listPermitted(
  reader: Ec2Reader,
  endpointIds: readonly string[],
  signal: AbortSignal,
): Promise<readonly AssociationItem[] | Problem> {
  try {
    return await reader.listAssociations(endpointIds, signal);
  } catch (thrown) {
    if (!isUnpermitted(thrown)) throw thrown;
    const { reason, fix = 'allow ec2:DescribeVpcEndpointAssociations' } = thrown;
    return { reason: `AWS does not say what it reaches: ${reason}`, fix };
  }
}

/** Pages may overlap. */
function distinct(associations: readonly AssociationItem[]): readonly AssociationItem[] {
  return [...new Map(associations.map((one, index) => [one.id ?? index, one])).values()];
}

function reachedBy([only, ...others]: readonly AssociationItem[]): Reached {
  if (!only) return missingField('AWS gives no association for it');
  if (others.length > 0) return sharedBy(others.length + 1);
  const { accessibility, resourceArn, misfit } = only;
  const problem = whyUnreadable('its association', misfit);
  if (problem) return problem;
  if (!resourceArn) return missingField('AWS gives no AssociatedResourceArn for it');
  if (!accessibility) return missingField('AWS gives no AssociatedResourceAccessibility for it');
  return isAccessible(only) ? { serviceName: resourceArn } : inaccessible(only);
}

/** AWS answers `Accessible`. Its API reference also lists the resource configuration's own word. */
function isAccessible({ accessibility = '', failure }: AssociationItem): boolean {
  return failure === undefined && ['accessible', 'available'].includes(accessibility.toLowerCase());
}

function inaccessible({ accessibility, failure, resourceArn }: AssociationItem): Unreached {
  const words = [accessibility, failure].flatMap((one) => one ?? []).join(', ');
  return {
    code: 'resource-inaccessible',
    reason: `AWS says of its association with ${resourceArn}: ${words}`,
    fix: 'let the owner of the resource configuration make it available and share it, with an active resource gateway',
  };
}

/** A group is one target: its members share the interfaces. */
function sharedBy(count: number): Unreached {
  return {
    code: 'type-not-routed',
    reason: `is a VPC endpoint of type Resource for ${count} resources, and AWS does not say which address is whose`,
    fix: `create and tag an endpoint for each resource configuration, or remove the tag and ${namedInstead}`,
  };
}

/** What people can use instead of an endpoint whose addresses stand for several resources. */
export const namedInstead =
  'name its DNS names in a source of type dns (`aws ec2 describe-vpc-endpoint-associations` shows them)';
