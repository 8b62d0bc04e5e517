import type { VpcEndpointsConfig } from '#config/schema';
import { dispositionOf, parseEndpointState } from '#core/endpoint-states';
import { isProblem, type Problem } from '#core/errors';
import type { Address, Scope } from '#core/model';
import { type Candidate, claimEndpoints } from '../admission/admit';
import { missingField } from '../admission/fields';
import type { AccountScope } from '../aws/accounts';
import { createAccountSource } from '../aws/accounts';
import { whyUnreadable } from '../aws/answers';
import type { Ec2Reader, InterfaceItem, VpcEndpointItem } from '../aws/readers/endpoints';
import { type ReadZoneIds, withZoneIds } from '../aws/readers/zones';
import type { Source } from '../source';

export type VpcEndpointsDependencies = {
  readonly owner: string;
  /** Gives what reads one account and region. */
  readonly readersOf: (scope: AccountScope) => { readonly reader: Ec2Reader; readonly readZoneIds: ReadZoneIds };
};

/** Interface endpoints of the configured accounts and regions that carry the domain tag. */
export function createVpcEndpointsSource(
  config: VpcEndpointsConfig,
  { owner, readersOf }: VpcEndpointsDependencies,
): Source {
  return createAccountSource(config, (scope) => {
    const { reader, readZoneIds } = readersOf(scope);
    return {
      discover: async (signal) => {
        const tagKey = config.tags.domain;
        const found = await reader.listEndpoints({ tagKey, vpcIds: config.vpcs }, signal);
        const items = found.filter((item) => isRouted(item) || isServing(item));
        const interfaceIds = new Set(
          items
            .filter(isRouted)
            .filter(isServing)
            .flatMap((item) => item.interfaceIds),
        );
        const listed = await reader.listInterfaces([...interfaceIds], signal);
        const interfaces = new Map((await withZoneIds(listed, readZoneIds, signal)).map((item) => [item.id, item]));
        return claimEndpoints(
          items.map((item) => candidateOf(item, { scope, interfaces, tagKey })),
          { config, owner, scope },
        );
      },
      confirmGone: (ids, signal) => reader.findGone(ids.filter(isEndpointId), signal),
    };
  });
}

/** AWS refuses a whole call for one id of another form, and people may put tags of their own on a target. */
function isEndpointId(id: string): boolean {
  return /^vpce-[0-9a-f]+$/.test(id);
}

/** Interfaces are asked for only where there still are any: an id that is gone would fail the whole batch. */
function isServing(item: VpcEndpointItem): boolean {
  return dispositionOf(parseEndpointState(item.state ?? '')) !== 'remove';
}

/** Where AWS does not say the type, it is that of its first endpoints. */
function isRouted({ type = 'Interface' }: VpcEndpointItem): boolean {
  return type === 'Interface';
}

type EndpointContext = {
  readonly scope: Scope;
  readonly interfaces: ReadonlyMap<string, InterfaceItem>;
  /** Of the domain tag. */
  readonly tagKey: string;
};

function candidateOf(item: VpcEndpointItem, context: EndpointContext): Candidate {
  const state = item.state ? parseEndpointState(item.state) : undefined;
  return {
    id: item.id,
    tags: item.tags,
    state,
    problem: whyUnreadable('it', item.misfit),
    facts: factsOf(item, context),
  };
}

function factsOf(item: VpcEndpointItem, context: EndpointContext): Candidate['facts'] {
  if (!isRouted(item)) return typeNotRouted(item, context.tagKey);
  const { state, createdAtMs, reason, serviceName, vpcId, dnsNames } = item;
  if (!state) return missingField('AWS gives no State for it');
  const parsed = parseEndpointState(state);
  if (parsed === 'available' && item.interfaceIds.length === 0)
    return missingField('AWS gives no NetworkInterfaceIds for it');
  if (createdAtMs === undefined) return missingField('AWS gives no CreationTimestamp for it');
  const addresses = addressesOf(item, context);
  if (isProblem(addresses)) return addresses;
  return { state: parsed, reason, createdAtMs, serviceName, vpcId, dnsNames, addresses };
}

/** All private addresses of the endpoint's interfaces; or which interface AWS does not know, or gives no address of (yet, or any more). */
function addressesOf(item: VpcEndpointItem, { scope, interfaces }: EndpointContext): readonly Address[] | Problem {
  if (!isServing(item)) return [];
  const found: Address[] = [];
  for (const id of item.interfaceIds) {
    const networkInterface = interfaces.get(id);
    if (!networkInterface) return unlisted(id);
    const problem = whyUnreadable(`its network interface ${id}`, networkInterface.misfit);
    if (problem) return problem;
    if (networkInterface.ips.length === 0) return missingField(`AWS gives no address for its network interface ${id}`);
    found.push(...networkInterface.ips.map((ip) => ({ ip, region: scope.region, zoneId: networkInterface.zoneId })));
  }
  return found;
}

/** Also where AWS hides it: the endpoint is uncertain, and keeps its targets (fm-64). */
function unlisted(interfaceId: string): Problem {
  return {
    reason: `AWS does not list its network interface ${interfaceId}`,
    fix:
      'it is read again in the next pass; if this stays, ' +
      `\`aws ec2 describe-network-interfaces --include-managed-resources --network-interface-ids ${interfaceId}\` shows why: ` +
      'where it exists, make managed resources visible in the account (`aws ec2 modify-managed-resource-visibility`)',
  };
}

/** Types of endpoints whose DNS names lead to addresses in our own subnets. */
const named = new Set(['Resource', 'ServiceNetwork']);

/** What to do about an endpoint of another type than the interface endpoints that are routed to (fm-62). */
function typeNotRouted({ id, type = '' }: VpcEndpointItem, tagKey: string): Candidate['facts'] {
  const instead = named.has(type)
    ? 'name its DNS names in a source of type dns (`aws ec2 describe-vpc-endpoint-associations` shows them)'
    : 'tag the endpoint of type Interface that reaches the provider';
  return {
    code: 'type-not-routed',
    reason: `is a VPC endpoint of type ${type}, which is not routed to`,
    fix: `${instead}, and take ${tagKey} off ${id}`,
  };
}
