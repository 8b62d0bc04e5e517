import type {
  DescribeNetworkInterfacesCommandOutput,
  DescribeVpcEndpointsCommandOutput,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { z } from 'zod';
import { PrivatelinkError } from '../core/errors';
import { wrapAwsError } from './aws-errors';
import type { AccountScope } from './aws-scopes';

/** One VPC endpoint as AWS gives it, reduced to what is used; fields that AWS may leave out are optional (fm-23). */
export type VpcEndpointItem = {
  readonly id: string;
  readonly state?: string;
  readonly reason?: string;
  readonly createdAtMs?: number;
  readonly serviceName?: string;
  readonly vpcId?: string;
  readonly interfaceIds: readonly string[];
  readonly dnsNames: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
};

export type InterfaceItem = { readonly id: string; readonly zoneId?: string; readonly ips: readonly string[] };

export type EndpointFilter = { readonly tagKey: string; readonly vpcIds?: readonly string[] };

/** What discovery needs of EC2 in one account and region. Both lists are complete, or throw PrivatelinkError. */
export interface Ec2Reader {
  listEndpoints(filter: EndpointFilter, signal: AbortSignal): Promise<readonly VpcEndpointItem[]>;
  listInterfaces(ids: readonly string[], signal: AbortSignal): Promise<readonly InterfaceItem[]>;
}

export type Ec2ReaderOptions = {
  readonly scope: AccountScope;
  /** Made at the first call: loading the SDK costs 0.27 s. */
  readonly client: () => Promise<EC2Client>;
  /** Endpoints per page and interfaces per batch, at most 1000 (AWS's limit). Parsing a page blocks the event loop, about 0.1 ms per item. */
  readonly pageSize: number;
};

export function createEc2Reader({ scope, client, pageSize }: Ec2ReaderOptions): Ec2Reader {
  return {
    listEndpoints: async (filter, signal) => {
      const items: VpcEndpointItem[] = [];
      let token: string | undefined;
      do {
        const answer = await wrapAwsError('ec2:DescribeVpcEndpoints', scope, () =>
          describeEndpoints({ client, filter, pageSize, token }, signal),
        );
        const page = parseAnswer(endpointsPage, answer, scope);
        items.push(...page.VpcEndpoints);
        // The last page carries no token, or an empty one.
        token = page.NextToken || undefined;
      } while (token);
      return items;
    },
    listInterfaces: async (ids, signal) => {
      const items: InterfaceItem[] = [];
      for (let start = 0; start < ids.length; start += pageSize) {
        const batch = ids.slice(start, start + pageSize);
        const answer = await wrapAwsError('ec2:DescribeNetworkInterfaces', scope, () =>
          describeExisting(batch, (existing) => describeInterfaces(client, existing, signal)),
        );
        items.push(...parseAnswer(interfacesPage, answer, scope).NetworkInterfaces);
      }
      return items;
    },
  };
}

type PageRequest = Pick<Ec2ReaderOptions, 'client' | 'pageSize'> & {
  readonly filter: EndpointFilter;
  readonly token?: string;
};

async function describeEndpoints(
  { client, filter, pageSize, token }: PageRequest,
  abortSignal: AbortSignal,
): Promise<DescribeVpcEndpointsCommandOutput> {
  const { DescribeVpcEndpointsCommand } = await import('@aws-sdk/client-ec2');
  const Filters = [
    { Name: 'vpc-endpoint-type', Values: ['Interface'] },
    { Name: 'tag-key', Values: [filter.tagKey] },
    ...(filter.vpcIds ? [{ Name: 'vpc-id', Values: [...filter.vpcIds] }] : []),
  ];
  return (await client()).send(new DescribeVpcEndpointsCommand({ Filters, MaxResults: pageSize, NextToken: token }), {
    abortSignal,
  });
}

async function describeInterfaces(
  client: () => Promise<EC2Client>,
  ids: readonly string[],
  abortSignal: AbortSignal,
): Promise<DescribeNetworkInterfacesCommandOutput> {
  const { DescribeNetworkInterfacesCommand } = await import('@aws-sdk/client-ec2');
  return (await client()).send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...ids] }), {
    abortSignal,
  });
}

/** Interfaces that AWS may name as gone, one after another, before the batch is given up. */
const missingAttempts = 5;

/** AWS refuses a whole batch for one interface that is gone; those that it names are left out, which costs their endpoint alone (fm-11). */
async function describeExisting<T>(
  ids: readonly string[],
  describe: (ids: readonly string[]) => Promise<T>,
): Promise<T | typeof nothing> {
  let existing = ids;
  for (let attempt = 1; existing.length > 0; attempt += 1) {
    try {
      return await describe(existing);
    } catch (thrown) {
      const missing = new Set(missingIds(thrown));
      if (missing.size === 0 || attempt === missingAttempts) throw thrown;
      existing = existing.filter((id) => !missing.has(id));
    }
  }
  return nothing;
}

const nothing = { NetworkInterfaces: [] };

function missingIds(thrown: unknown): readonly string[] {
  const isMissing = thrown instanceof Error && thrown.name === 'InvalidNetworkInterfaceID.NotFound';
  return isMissing ? (thrown.message.match(/eni-[0-9a-f]+/g) ?? []) : [];
}

/** An answer without its list (a proxy's page with status 200 looks so to the SDK), or with a thing without id, says nothing about the scope. */
function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, scope: AccountScope): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new PrivatelinkError(
    `scope ${scope.id}: AWS answered in a form that cannot be read (${issue?.path.join('.')}: ${issue?.message}); what was known stays in use; check \`endpoint\` of the source, and that no proxy answers in place of AWS`,
    { code: 'BAD_ANSWER', transient: true, cause: parsed.error },
  );
}

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);

const tag = z.object({ Key: z.string(), Value: z.string().nullish() });

const endpointItem = z
  .object({
    VpcEndpointId: z.string().min(1),
    State: text,
    LastError: z.object({ Code: text, Message: text }).nullish(),
    FailureReason: text,
    CreationTimestamp: z.date().nullish(),
    ServiceName: text,
    VpcId: text,
    NetworkInterfaceIds: z.array(z.string()).nullish(),
    DnsEntries: z.array(z.object({ DnsName: text })).nullish(),
    Tags: z.array(tag).nullish(),
  })
  .transform(
    (item): VpcEndpointItem => ({
      id: item.VpcEndpointId,
      state: item.State,
      reason: item.LastError?.Message ?? item.LastError?.Code ?? item.FailureReason,
      createdAtMs: item.CreationTimestamp?.getTime(),
      serviceName: item.ServiceName,
      vpcId: item.VpcId,
      interfaceIds: item.NetworkInterfaceIds ?? [],
      dnsNames: (item.DnsEntries ?? []).flatMap((entry) => entry.DnsName ?? []),
      tags: new Map((item.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ''])),
    }),
  );

const endpointsPage = z.object({ VpcEndpoints: z.array(endpointItem), NextToken: text });

const interfaceItem = z
  .object({
    NetworkInterfaceId: z.string().min(1),
    AvailabilityZoneId: text,
    PrivateIpAddress: text,
    PrivateIpAddresses: z.array(z.object({ PrivateIpAddress: text })).nullish(),
    Ipv6Addresses: z.array(z.object({ Ipv6Address: text })).nullish(),
  })
  .transform((item): InterfaceItem => {
    const v4 = (item.PrivateIpAddresses ?? []).map((one) => one.PrivateIpAddress);
    const v6 = (item.Ipv6Addresses ?? []).map((one) => one.Ipv6Address);
    const ips = [item.PrivateIpAddress, ...v4, ...v6].flatMap((ip) => ip ?? []);
    return { id: item.NetworkInterfaceId, zoneId: item.AvailabilityZoneId, ips: [...new Set(ips)] };
  });

const interfacesPage = z.object({ NetworkInterfaces: z.array(interfaceItem) });
