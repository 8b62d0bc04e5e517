import { z } from 'zod';
import { optionalText, readableItems } from '../answers';
import type { Listing } from './listing';

/**
 * The target of an endpoint of type Resource: one for a single resource configuration, and one for
 * each member of a group.
 */
export type AssociationItem = {
  readonly endpointId: string;
  readonly id?: string;
  /** `Accessible`, or another word of AWS. */
  readonly accessibility?: string;
  /** AWS's own words. */
  readonly failure?: string;
  /** The ARN of the resource configuration. */
  readonly resourceArn?: string;
  /** Why only its endpoint can be read (fm-45). */
  readonly misfit?: string;
};

const associationItem = z
  .object({
    VpcEndpointId: z.string().min(1),
    Id: optionalText,
    AssociatedResourceAccessibility: optionalText,
    FailureCode: optionalText,
    FailureReason: optionalText,
    AssociatedResourceArn: optionalText,
  })
  .transform(
    (item): AssociationItem => ({
      endpointId: item.VpcEndpointId,
      id: item.Id,
      accessibility: item.AssociatedResourceAccessibility,
      failure: [item.FailureCode, item.FailureReason].filter(Boolean).join(', ') || undefined,
      resourceArn: item.AssociatedResourceArn,
    }),
  );

/** AWS refuses larger pages of this action. */
const mostPerPage = 100;

/** The associations of these endpoints. */
export function associationsOf(Values: string[]): Listing<AssociationItem> {
  return {
    action: 'ec2:DescribeVpcEndpointAssociations',
    ask: ({ DescribeVpcEndpointAssociationsCommand }, { MaxResults, NextToken }, { client, abort }) => {
      const paging = { MaxResults: Math.min(MaxResults, mostPerPage), NextToken };
      const input = { Filters: [{ Name: 'vpc-endpoint-id', Values }], ...paging };
      return client.send(new DescribeVpcEndpointAssociationsCommand(input), abort);
    },
    page: z
      .object({
        VpcEndpointAssociations: readableItems(associationItem, 'VpcEndpointId', ({ id: endpointId, misfit }) => ({
          endpointId,
          misfit,
        })),
        NextToken: optionalText,
      })
      .transform(({ VpcEndpointAssociations: items, NextToken }) => ({ items, NextToken })),
  };
}
