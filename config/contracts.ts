import { z } from 'zod';
import { accountsIn } from '#core/contracts/consumers';
import { groupBy } from '#core/group-by';
import { account, anyway, awsRegion, distinct, endpoint, label } from './values';

const accountId = z
  .string({ error: 'the id of an AWS account in quotes: "111111111111"' })
  .regex(/^\d{12}$/, 'the id of an AWS account in quotes: "111111111111"');

/**
 * A principal of an endpoint service (ModifyVpcEndpointServicePermissions). `*` is refused, because
 * it names nobody.
 */
const principal = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:iam::\d{12}:(root|user\/.+|role\/.+)$/,
    'the ARN of an account, a user or a role, such as arn:aws:iam::111111111111:root',
  );

const endpointId = z.string().regex(/^vpce-[0-9a-f]+$/, 'the id of a VPC endpoint, such as vpce-0f1e2d3c4b5a69788');

const { roleArn, externalId } = account.shape;

const service = z
  .strictObject({
    id: z
      .string()
      .regex(/^vpce-svc-[0-9a-f]+$/, 'the id of an endpoint service, such as vpce-svc-0f1e2d3c4b5a69788')
      .describe('the id of the endpoint service'),
    region: awsRegion.describe('the AWS region of the service'),
    roleArn: roleArn
      .optional()
      .describe(
        'the role to assume in the account of the service; absent: the service is in the account of the credentials in use',
      ),
    externalId,
    endpoint,
    domains: z
      .array(label)
      .min(1)
      .optional()
      .describe(
        "the domains behind a provider's own service; absent: the service is the gateway's, and leads to all domains",
      ),
  })
  .meta({ id: 'contracts.services[]' });

/** The action of a data plane for a request that the contract does not allow. */
const mode = z.enum(['observe', 'enforce']);

const consumer = z
  .strictObject({
    accounts: z.array(accountId).min(1).optional().describe('AWS accounts whose endpoints are the consumer'),
    principals: z
      .array(principal)
      .min(1)
      .optional()
      .describe('in place of `accounts`: the principals that may connect'),
    endpoints: z
      .array(endpointId)
      .min(1)
      .optional()
      .describe('only these endpoints; needed where consumers share an account'),
    calls: z.array(label).default([]).describe('the domains that it may call'),
    mode: mode.optional().describe('as `contracts.mode`, for the endpoints of this consumer'),
  })
  .refine((one) => one.accounts ?? one.principals ?? one.endpoints, {
    ...anyway,
    error: 'say whose endpoints it has: write accounts, principals or endpoints',
  })
  .meta({ id: 'contracts.consumers.*' });

type Consumers = Readonly<Record<string, z.infer<typeof consumer>>>;

/**
 * Refuses an endpoint with two consumers: the order of a file must not decide. Mistakes within one
 * consumer are reported before.
 */
function refuseShared(written: Consumers, context: z.RefinementCtx<Consumers>): void {
  const consumers = Object.entries(written).flatMap(([name, one]) => {
    const { data } = consumer.safeParse(one);
    return data ? [{ name, ...data }] : [];
  });
  const otherBy = (idsOf: (one: Consumers[string]) => readonly string[]) => {
    const named = consumers.flatMap((one) => idsOf(one).map((id) => ({ id, name: one.name })));
    const byId = groupBy(named, ({ id }) => id);
    return (id: string, own: string) => byId.get(id)?.find(({ name }) => name !== own)?.name;
  };
  const otherOfEndpoint = otherBy(({ endpoints = [] }) => endpoints);
  const otherOfAccount = otherBy(accountsIn);
  const refuse = (path: readonly string[], message: string) =>
    context.addIssue({ code: 'custom', path: [...path], message });
  for (const { name, ...one } of consumers) {
    for (const id of one.endpoints ?? []) {
      const other = otherOfEndpoint(id, name);
      if (other)
        refuse(
          [name, 'endpoints'],
          `${id} is one of consumer ${other} too: take it out of one, since an endpoint has one consumer`,
        );
    }
    for (const id of one.endpoints ? [] : accountsIn(one)) {
      const other = otherOfAccount(id, name);
      if (other)
        refuse(
          [name],
          `account ${id} is one of consumer ${other} too: write endpoints in each, since an endpoint has one consumer`,
        );
    }
  }
}

/** Who may call whom, and both ends of PrivateLink (docs/decisions/0056-contracts.md). */
export const contracts = z
  .strictObject({
    services: z
      .array(service)
      .min(1)
      .superRefine(
        distinct(({ id }) => [id], ['id'], 'name each service once'),
        anyway,
      )
      .describe('the endpoint services whose connections are checked'),
    consumers: z
      .record(label, consumer)
      .superRefine(refuseShared, anyway)
      .describe('the consumers, by names of your own, and the domains that each may call'),
    accept: z
      .enum(['manual', 'contracted'])
      .default('manual')
      .describe('`contracted` accepts pending connections of consumers; `manual` leaves them to people'),
    reject: z
      .enum(['never', 'uncontracted'])
      .default('never')
      .describe('`uncontracted` rejects connections that may call nothing behind the service, even accepted ones'),
    permissions: z
      .enum(['report', 'manage'])
      .default('report')
      .describe('`manage` sets the allowed principals of the services to those of `consumers`'),
    mode: mode
      .default('observe')
      .describe(
        'requests that the contract does not allow: `observe` lets them through and logs them, `enforce` answers 403',
      ),
    onMissing: z
      .enum(['allow', 'reject'])
      .optional()
      .describe('a request without the id of an endpoint; absent: `allow` under `observe`, `reject` under `enforce`'),
  })
  .meta({ id: 'contracts' });

export type ContractsConfig = z.infer<typeof contracts>;
export type ConsumerConfig = ContractsConfig['consumers'][string];
export type ServiceConfig = ContractsConfig['services'][number];
