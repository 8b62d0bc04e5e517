import { z } from 'zod';
import { AwsError } from '../error';

/** Reads the JSON of one call. Throws InvalidInput, even for input that only AWS knows. */
export function parseInput<T>(schema: z.ZodType<T>, body: string): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AwsError(
    'InvalidInput',
    `Value at '${issue?.path.join('.')}' failed to satisfy constraint: ${issue?.message}`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body || '{}');
  } catch {
    throw new AwsError('SerializationException', 'The body is not JSON');
  }
}

/** An id or an ARN. */
const reference = z.string().min(1).max(255);
const instanceId = z
  .string()
  .max(64)
  .regex(/^[0-9a-zA-Z_/:.@-]+$/);
// Patterns and limits of the service's own model (AttrKey, AttrValue).
const attributes = z
  .record(
    z
      .string()
      .max(255)
      .regex(/^[!-~]+$/),
    z
      .string()
      .max(1024)
      .regex(/^([!-~][ \t!-~]*)?[!-~]?$/),
  )
  .refine((map) => Object.keys(map).length <= 30, 'at most 30 attributes');
const paging = { NextToken: z.string().optional(), MaxResults: z.int().min(1).max(100).default(100) };
const health = z.enum(['HEALTHY', 'UNHEALTHY', 'ALL', 'HEALTHY_OR_ELSE_ALL']).default('ALL');
const named = {
  NamespaceName: z.string().min(1),
  ServiceName: z.string().min(1),
  OwnerAccount: z.string().optional(),
};
const namespaceFilter = z.strictObject({
  Name: z.literal('NAMESPACE_ID'),
  Values: z.tuple([reference]),
  Condition: z.literal('EQ').optional(),
});

export const listNamespacesInput = z.strictObject(paging);
export const getNamespaceInput = z.strictObject({ Id: reference });
export const listServicesInput = z.strictObject({ ...paging, Filters: z.array(namespaceFilter).max(1).default([]) });
export const listInstancesInput = z.strictObject({ ...paging, ServiceId: reference });
export const getInstanceInput = z.strictObject({ ServiceId: reference, InstanceId: instanceId });
export const healthInput = z.strictObject({
  ...paging,
  ServiceId: reference,
  Instances: z.array(instanceId).min(1).optional(),
});
export const discoverInput = z.strictObject({
  ...named,
  MaxResults: z.int().min(1).max(1000).default(100),
  HealthStatus: health,
});
export const revisionInput = z.strictObject(named);
export const registerInput = z.strictObject({
  ServiceId: reference,
  InstanceId: instanceId,
  CreatorRequestId: z.string().optional(),
  Attributes: attributes,
});
export const deregisterInput = z.strictObject({ ServiceId: reference, InstanceId: instanceId });
export const operationInput = z.strictObject({ OperationId: z.string().min(1), OwnerAccount: z.string().optional() });
