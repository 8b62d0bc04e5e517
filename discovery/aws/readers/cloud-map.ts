import type { ServiceDiscoveryClient } from '@aws-sdk/client-servicediscovery';
import { z } from 'zod';
import type { AccountScope } from '../accounts';
import { optionalText, readableItems } from '../answers';
import type { CallBudget } from '../call-budget';
import { wrapAwsError } from '../errors';
import { readAwsList } from '../pages';
import { loadServiceDiscovery } from '../sdk';

/**
 * `reference` is the value for AWS's calls: the ARN, because only an ARN reaches a shared
 * namespace, else the id.
 */
export type NamespaceItem = {
  readonly id: string;
  readonly arn?: string;
  readonly name: string;
  readonly reference: string;
};

export type ServiceItem = {
  readonly id: string;
  readonly name: string;
  readonly reference: string;
  readonly createdAtMs?: number;
  /** AWS checks the health of its instances. */
  readonly isHealthChecked: boolean;
};

export type InstanceItem = {
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The account that registered it, when AWS tells it. */
  readonly createdBy?: string;
  /** Why only its id can be read (fm-45). */
  readonly misfit?: string;
};

/**
 * What discovery reads of Cloud Map in one account and region. Every list is complete. All methods
 * throw PrivatelinkError.
 */
export interface CloudMapReader {
  /** The account's own namespaces and those shared with it. */
  listNamespaces(signal: AbortSignal): Promise<readonly NamespaceItem[]>;
  listServices(namespace: string, signal: AbortSignal): Promise<readonly ServiceItem[]>;
  listInstances(service: string, signal: AbortSignal): Promise<readonly InstanceItem[]>;
  /**
   * HEALTHY, UNHEALTHY or UNKNOWN by instance id. An instance registered a moment ago may be
   * absent.
   */
  readHealth(service: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
  /** Whether AWS says that the service has no such instance. */
  isGone(service: string, instance: string, signal: AbortSignal): Promise<boolean>;
}

export type CloudMapReaderOptions = {
  readonly scope: AccountScope;
  /** Created at the first call: loading the SDK costs 0.12 s. */
  readonly client: () => Promise<ServiceDiscoveryClient>;
  /** Items per page; AWS allows at most 100. */
  readonly pageSize: number;
  readonly budget: CallBudget;
};

export function createCloudMapReader({ scope, client, pageSize, budget }: CloudMapReaderOptions): CloudMapReader {
  const MaxResults = Math.min(pageSize, 100);
  return {
    listNamespaces: (signal) =>
      readAwsList(
        { action: 'servicediscovery:ListNamespaces', page: namespacesPage, scope, budget, signal },
        async (NextToken) => {
          const { ListNamespacesCommand } = await loadServiceDiscovery();
          return (await client()).send(new ListNamespacesCommand({ NextToken, MaxResults }), { abortSignal: signal });
        },
      ),
    listServices: (namespace, signal) =>
      readAwsList(
        { action: 'servicediscovery:ListServices', page: servicesPage, scope, budget, signal },
        async (NextToken) => {
          const { ListServicesCommand } = await loadServiceDiscovery();
          const command = new ListServicesCommand({
            NextToken,
            MaxResults,
            Filters: [{ Name: 'NAMESPACE_ID', Values: [namespace] }],
          });
          return (await client()).send(command, { abortSignal: signal });
        },
      ),
    listInstances: (ServiceId, signal) =>
      readAwsList(
        { action: 'servicediscovery:ListInstances', page: instancesPage, scope, budget, signal },
        async (NextToken) => {
          const { ListInstancesCommand } = await loadServiceDiscovery();
          return (await client()).send(new ListInstancesCommand({ ServiceId, NextToken, MaxResults }), {
            abortSignal: signal,
          });
        },
      ),
    readHealth: async (ServiceId, signal) =>
      new Map(
        await readAwsList(
          { action: 'servicediscovery:GetInstancesHealthStatus', page: healthPage, scope, budget, signal },
          async (NextToken) => {
            const { GetInstancesHealthStatusCommand } = await loadServiceDiscovery();
            const command = new GetInstancesHealthStatusCommand({ ServiceId, NextToken, MaxResults });
            return (await client()).send(command, { abortSignal: signal });
          },
        ),
      ),
    isGone: (ServiceId, InstanceId, signal) =>
      wrapAwsError('servicediscovery:GetInstance', scope, async () => {
        await budget.take({ ...scope, action: 'GetInstance' }, signal);
        return isUnknownInstance(await client(), { ServiceId, InstanceId }, signal);
      }),
  };
}

async function isUnknownInstance(
  client: ServiceDiscoveryClient,
  asked: { readonly ServiceId: string; readonly InstanceId: string },
  abortSignal: AbortSignal,
): Promise<boolean> {
  const { GetInstanceCommand } = await loadServiceDiscovery();
  try {
    await client.send(new GetInstanceCommand(asked), { abortSignal });
    return false;
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'InstanceNotFound') return true;
    throw thrown;
  }
}

const identity = { Id: z.string().min(1), Arn: optionalText, ResourceOwner: optionalText, Name: z.string().min(1) };

/** An AWS without owners in its answers does not accept ARNs either. */
function referenceOf({ Id, Arn, ResourceOwner }: { Id: string; Arn?: string; ResourceOwner?: string }): string {
  return (ResourceOwner && Arn) || Id;
}

const namespaceItem = z
  .object(identity)
  .transform((item): NamespaceItem => ({ id: item.Id, arn: item.Arn, name: item.Name, reference: referenceOf(item) }));

const serviceItem = z
  .object({
    ...identity,
    CreateDate: z.date().nullish().catch(undefined),
    HealthCheckConfig: z.unknown().optional(),
    HealthCheckCustomConfig: z.unknown().optional(),
  })
  .transform(
    (item): ServiceItem => ({
      id: item.Id,
      name: item.Name,
      reference: referenceOf(item),
      createdAtMs: item.CreateDate?.getTime(),
      isHealthChecked: Boolean(item.HealthCheckConfig ?? item.HealthCheckCustomConfig),
    }),
  );

const instanceItem = z
  .object({
    Id: z.string().min(1),
    Attributes: z.record(z.string(), z.string()).nullish(),
    CreatedByAccount: optionalText,
  })
  .transform(
    ({ Id, Attributes, CreatedByAccount }): InstanceItem => ({
      id: Id,
      attributes: new Map(Object.entries(Attributes ?? {})),
      createdBy: CreatedByAccount,
    }),
  );

const namespacesPage = z
  .object({ Namespaces: z.array(namespaceItem), NextToken: optionalText })
  .transform(({ Namespaces, NextToken }) => ({ items: Namespaces, NextToken }));
const servicesPage = z
  .object({ Services: z.array(serviceItem), NextToken: optionalText })
  .transform(({ Services, NextToken }) => ({ items: Services, NextToken }));
const instancesPage = z
  .object({
    Instances: readableItems(instanceItem, 'Id', (one) => ({ ...one, attributes: new Map() })),
    NextToken: optionalText,
  })
  .transform(({ Instances, NextToken }) => ({ items: Instances, NextToken }));
const healthPage = z
  .object({ Status: z.record(z.string(), z.string().catch('UNKNOWN')), NextToken: optionalText })
  .transform(({ Status, NextToken }) => ({ items: Object.entries(Status), NextToken }));
