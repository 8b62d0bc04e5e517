import { z } from 'zod';
import type { EndpointConnection, Permission } from '#core/contracts/model';
import { parseEndpointState } from '#core/endpoint-states';
import { optionalText, readableItems } from '../answers';
import { createLister, type Ec2ReaderOptions, type Listing } from './listing';

/**
 * One endpoint service as its own account sees it (DescribeVpcEndpointServiceConfigurations), with
 * the used fields only.
 */
export type EndpointServiceConfiguration = {
  readonly id: string;
  readonly acceptanceRequired: boolean;
  readonly zoneIds: readonly string[];
  /** Zone names of the asking account. */
  readonly zoneNames: readonly string[];
  /** ARNs of network load balancers. */
  readonly loadBalancerArns: readonly string[];
  /** Why only its id can be read (fm-45). */
  readonly misfit?: string;
};

/** Without `serviceId` when the item could not be read (`misfit`). */
export type ConnectionItem = Omit<EndpointConnection, 'serviceId'> & { readonly serviceId?: string };

/**
 * What an account reads about its own endpoint services. Every list is complete, or the call throws
 * PrivatelinkError.
 */
export interface EndpointServiceReader {
  /** The services that AWS knows here. */
  listServices(ids: readonly string[], signal: AbortSignal): Promise<readonly EndpointServiceConfiguration[]>;
  /** Connections to these services. For an unknown service AWS lists none, and reports no error. */
  listConnections(serviceIds: readonly string[], signal: AbortSignal): Promise<readonly ConnectionItem[]>;
  /** Throws when AWS does not know the service here (`isUnknownService`). */
  listPermissions(serviceId: string, signal: AbortSignal): Promise<readonly Permission[]>;
}

export function createEndpointServiceReader(options: Ec2ReaderOptions): EndpointServiceReader {
  const { list, listBy } = createLister(options);
  return {
    listServices: (ids, signal) => listBy(ids, servicesOf, signal),
    listConnections: (serviceIds, signal) => listBy(serviceIds, connectionsTo, signal),
    listPermissions: (serviceId, signal) => list(permissionsOf(serviceId), signal),
  };
}

/** Whether AWS said that the account and region have no such endpoint service. */
export function isUnknownService(thrown: unknown): boolean {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error && /^InvalidVpcEndpointService(Id)?\.NotFound$/.test(cause.name);
}

const texts = z
  .array(z.string().min(1))
  .nullish()
  .transform((values) => values ?? []);

const serviceItem = z
  .object({
    ServiceId: z.string().min(1),
    AcceptanceRequired: z.boolean(),
    AvailabilityZoneIds: texts,
    AvailabilityZones: texts,
    NetworkLoadBalancerArns: texts,
  })
  .transform(
    (item): EndpointServiceConfiguration => ({
      id: item.ServiceId,
      acceptanceRequired: item.AcceptanceRequired,
      zoneIds: item.AvailabilityZoneIds,
      zoneNames: item.AvailabilityZones,
      loadBalancerArns: item.NetworkLoadBalancerArns,
    }),
  );

function unreadableService({
  id,
  misfit,
}: {
  readonly id: string;
  readonly misfit: string;
}): EndpointServiceConfiguration {
  return { id, misfit, acceptanceRequired: true, zoneIds: [], zoneNames: [], loadBalancerArns: [] };
}

/** A filter in place of ids: one unknown id would fail the call. */
function servicesOf(Values: string[]): Listing<EndpointServiceConfiguration> {
  return {
    action: 'ec2:DescribeVpcEndpointServiceConfigurations',
    ask: ({ DescribeVpcEndpointServiceConfigurationsCommand }, paging, { client, abort }) => {
      const input = { Filters: [{ Name: 'service-id', Values }], ...paging };
      return client.send(new DescribeVpcEndpointServiceConfigurationsCommand(input), abort);
    },
    page: z
      .object({
        ServiceConfigurations: readableItems(serviceItem, 'ServiceId', unreadableService),
        NextToken: optionalText,
      })
      .transform(({ ServiceConfigurations: items, NextToken }) => ({ items, NextToken })),
  };
}

/** AWS's form of an id. It becomes text of tables and of commands, so no other form is accepted. */
const endpointId = /^vpce-[0-9a-f]+$/;

const connectionItem = z
  .object({
    ServiceId: z.string().min(1),
    VpcEndpointId: z.string().regex(endpointId),
    VpcEndpointOwner: z
      .string()
      .regex(/^\d{12}$/, 'no id of an account')
      .nullish(),
    VpcEndpointState: z.string().regex(/^[A-Za-z]+$/, 'no state'),
    CreationTimestamp: z.date().nullish(),
    VpcEndpointRegion: z
      .string()
      .regex(/^[a-z0-9-]+$/, 'no region')
      .nullish(),
  })
  .transform(
    (item): ConnectionItem => ({
      serviceId: item.ServiceId,
      endpointId: item.VpcEndpointId,
      state: stateOf(item.VpcEndpointState),
      ...(item.VpcEndpointOwner && { account: item.VpcEndpointOwner }),
      ...(item.CreationTimestamp && { createdAtMs: item.CreationTimestamp.getTime() }),
      ...(item.VpcEndpointRegion && { region: item.VpcEndpointRegion }),
    }),
  );

/** AWS's spelling on the wire (`pendingAcceptance`). An unknown state stays as it is. */
function stateOf(text: string): string {
  const known = parseEndpointState(text);
  return known === 'unlisted' ? text : known;
}

const serviceIdAlone = z.object({ ServiceId: z.string().min(1) });

/** An id of another form fails the list, because the missing thing is then unknown. */
const connections = z.array(
  z.unknown().transform((value, context): ConnectionItem => {
    const parsed = connectionItem.safeParse(value);
    if (parsed.success) return parsed.data;
    const id = z.object({ VpcEndpointId: z.string().regex(endpointId) }).safeParse(value).data?.VpcEndpointId;
    const [issue] = parsed.error.issues;
    if (id !== undefined) {
      const misfit = `${issue?.path.join('.')}: ${issue?.message}`;
      return { endpointId: id, state: unreadableState, misfit, ...serviceOf(value) };
    }
    context.addIssue({ code: 'custom', path: ['VpcEndpointId'], message: 'an item without the id of an endpoint' });
    return z.NEVER;
  }),
);

/** Not a state of AWS. A connection in this state is not accepted, rejected or let through. */
export const unreadableState = 'unreadable';

function serviceOf(value: unknown): Pick<ConnectionItem, 'serviceId'> {
  const serviceId = serviceIdAlone.safeParse(value).data?.ServiceId;
  return serviceId === undefined ? {} : { serviceId };
}

function connectionsTo(Values: string[]): Listing<ConnectionItem> {
  return {
    action: 'ec2:DescribeVpcEndpointConnections',
    ask: ({ DescribeVpcEndpointConnectionsCommand }, paging, { client, abort }) => {
      const input = { Filters: [{ Name: 'service-id', Values }], ...paging };
      return client.send(new DescribeVpcEndpointConnectionsCommand(input), abort);
    },
    page: z
      .object({ VpcEndpointConnections: connections, NextToken: optionalText })
      .transform(({ VpcEndpointConnections: items, NextToken }) => ({ items, NextToken })),
  };
}

const permissionItem = z
  .object({
    // AWS's names are ASCII. Any other text would reach a terminal and a call.
    Principal: z.string().regex(/^[\x21-\x7e]+$/, 'no principal'),
    ServicePermissionId: optionalText,
  })
  .transform(
    ({ Principal, ServicePermissionId }): Permission => ({
      principal: Principal,
      ...(ServicePermissionId && { id: ServicePermissionId }),
    }),
  );

function permissionsOf(ServiceId: string): Listing<Permission> {
  return {
    action: 'ec2:DescribeVpcEndpointServicePermissions',
    ask: ({ DescribeVpcEndpointServicePermissionsCommand }, paging, { client, abort }) =>
      client.send(new DescribeVpcEndpointServicePermissionsCommand({ ServiceId, ...paging }), abort),
    page: z
      .object({ AllowedPrincipals: z.array(permissionItem), NextToken: optionalText })
      .transform(({ AllowedPrincipals: items, NextToken }) => ({ items, NextToken })),
  };
}
