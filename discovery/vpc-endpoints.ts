import { dispositionOf, parseEndpointState } from '../core/endpoint-states';
import { PrivatelinkError } from '../core/errors';
import type { Address, Discovered, Endpoint, QuarantineCode, Quarantined, Scope } from '../core/model';
import { compareText } from '../core/targets';
import { findRefusal, grantedPaths } from './allow';
import { type AccountScope, accountScopes } from './aws-scopes';
import type { VpcEndpointsConfig } from './config';
import type { Ec2Reader, InterfaceItem, VpcEndpointItem } from './ec2-reader';
import type { Source } from './source';
import { parseTags } from './tags';

export type VpcEndpointsDependencies = {
  readonly owner: string;
  /** Gives the reader of one account and region. */
  readonly readerOf: (scope: AccountScope) => Ec2Reader;
};

/** Interface endpoints of the configured accounts and regions that carry the domain tag. */
export function createVpcEndpointsSource(
  config: VpcEndpointsConfig,
  { owner, readerOf }: VpcEndpointsDependencies,
): Source {
  const scopes = accountScopes(config);
  const readers = new Map(scopes.map((scope) => [scope.id, readerOf(scope)]));
  return {
    name: config.name,
    scopes: () => scopes.map(({ id, source, account, region }) => ({ id, source, account, region })),
    discover: async (scope, signal) => {
      const reader = readers.get(scope.id);
      if (!reader)
        throw new PrivatelinkError(`scope ${scope.id} is not one of source ${config.name}`, {
          code: 'BAD_ANSWER',
          transient: false,
        });
      const listed = await reader.listEndpoints({ tagKey: config.tags.domain, vpcIds: config.vpcs }, signal);
      const items = [...new Map(listed.map((item) => [item.id, item])).values()].sort((a, b) =>
        compareText(a.id, b.id),
      );
      const interfaces = await reader.listInterfaces(
        items.filter(isServing).flatMap((item) => item.interfaceIds),
        signal,
      );
      const byId = new Map(interfaces.map((item) => [item.id, item]));
      return sortOut(items.map((item) => toEndpoint(item, { config, owner, scope, interfaces: byId })));
    },
  };
}

/** Interfaces are asked for only where there still are any: an id that is gone would fail the whole batch. */
function isServing(item: VpcEndpointItem): boolean {
  return dispositionOf(parseEndpointState(item.state ?? '')) !== 'remove';
}

type Context = {
  readonly config: VpcEndpointsConfig;
  readonly owner: string;
  readonly scope: Scope;
  readonly interfaces: ReadonlyMap<string, InterfaceItem>;
};

type Sorted = { readonly endpoint: Endpoint } | { readonly quarantined: Quarantined };

function sortOut(sorted: readonly Sorted[]): Discovered {
  return {
    endpoints: sorted.flatMap((one) => ('endpoint' in one ? [one.endpoint] : [])),
    quarantined: sorted.flatMap((one) => ('quarantined' in one ? [one.quarantined] : [])),
  };
}

/** The endpoint, or why it is quarantined. */
function toEndpoint(item: VpcEndpointItem, context: Context): Sorted {
  const { config, owner, scope } = context;
  const gateway = item.tags.get(config.tags.gateway);
  if (gateway !== undefined && gateway !== owner) {
    const fix = `set the tag to ${owner}, or take it off, when it shall be used here`;
    return quarantine(item, scope, { code: 'other-gateway', reason: `is for ${config.tags.gateway} ${gateway}`, fix });
  }
  const parsed = parseTags(item.tags, config.tags);
  if (!('claim' in parsed))
    return quarantine(item, scope, { code: 'bad-tag', reason: parsed.problem, fix: parsed.fix });
  const missing = missingField(item);
  if (missing) return quarantine(item, scope, { ...missingFix, reason: `AWS gives no ${missing} for it` });
  const addresses = addressesOf(item, context);
  if (typeof addresses === 'string') return quarantine(item, scope, { ...missingFix, reason: addresses });
  const endpoint: Endpoint = {
    ...parsed.claim,
    id: item.id,
    scopeId: scope.id,
    state: parseEndpointState(item.state ?? ''),
    reason: item.reason,
    createdAtMs: item.createdAtMs ?? 0,
    serviceName: item.serviceName,
    vpcId: item.vpcId,
    grantedPaths: grantedPaths(parsed.claim.paths, config.allow),
    dnsNames: item.dnsNames,
    addresses,
  };
  const refusal = findRefusal(endpoint, config.allow);
  return refusal ? quarantine(item, scope, { ...refusal, domain: endpoint.domain }) : { endpoint };
}

const missingFix = {
  code: 'missing-field',
  fix: 'it is read again in the next pass; if this stays, describe the endpoint with the AWS CLI',
} as const;

function missingField(item: VpcEndpointItem): string | undefined {
  if (!item.state) return 'State';
  if (parseEndpointState(item.state) === 'available' && item.interfaceIds.length === 0) return 'NetworkInterfaceIds';
  return item.createdAtMs === undefined ? 'CreationTimestamp' : undefined;
}

type Reason = {
  readonly code: QuarantineCode;
  readonly reason: string;
  readonly fix: string;
  readonly domain?: string;
};

function quarantine(item: VpcEndpointItem, scope: Scope, reason: Reason): Sorted {
  const state = item.state ? parseEndpointState(item.state) : undefined;
  return { quarantined: { endpointId: item.id, scopeId: scope.id, state, ...reason } };
}

/** All private addresses of the endpoint's interfaces, ordered; a text says which interface AWS does not know, or without address (yet, or any more). */
function addressesOf(item: VpcEndpointItem, { scope, interfaces }: Context): readonly Address[] | string {
  if (!isServing(item)) return [];
  const found: Address[] = [];
  for (const id of item.interfaceIds) {
    const networkInterface = interfaces.get(id);
    if (!networkInterface) return `AWS does not list its network interface ${id}`;
    if (networkInterface.ips.length === 0) return `AWS gives no address for its network interface ${id}`;
    found.push(...networkInterface.ips.map((ip) => ({ ip, region: scope.region, zoneId: networkInterface.zoneId })));
  }
  return [...new Map(found.map((address) => [address.ip, address])).values()].sort((a, b) => compareText(a.ip, b.ip));
}
