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
import { namedInstead, type Reached, readReached } from './resource-endpoints';

export type VpcEndpointsDependencies = {
  readonly owner: string;
  /** Returns the readers of one account and region. */
  readonly readersOf: (scope: AccountScope) => { readonly reader: Ec2Reader; readonly readZoneIds: ReadZoneIds };
};

/**
 * Endpoints of types Interface and Resource with the domain tag, in the configured accounts and
 * regions.
 */
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
        const serving = items.filter(isRouted).filter(isServing);
        const interfaceIds = new Set(serving.flatMap((item) => item.interfaceIds));
        const listed = await reader.listInterfaces([...interfaceIds], signal);
        const interfaces = new Map((await withZoneIds(listed, readZoneIds, signal)).map((item) => [item.id, item]));
        // Read after the interfaces, because a resource may join meanwhile.
        const reached = await readReached(
          reader,
          serving.filter(isResource).map(({ id }) => id),
          signal,
        );
        return claimEndpoints(
          items.map((item) => candidateOf(item, { scope, interfaces, reached, tagKey })),
          { config, owner, scope },
        );
      },
      confirmGone: (ids, signal) => reader.findGone(ids.filter(isEndpointId), signal),
    };
  });
}

/**
 * AWS refuses a whole call for one id of another form, and people may put their own tags on a
 * target.
 */
function isEndpointId(id: string): boolean {
  return /^vpce-[0-9a-f]+$/.test(id);
}

/**
 * A deleted interface would fail the whole batch, so interfaces of ended endpoints are not read.
 */
function isServing(item: VpcEndpointItem): boolean {
  return dispositionOf(parseEndpointState(item.state ?? '')) !== 'remove';
}

/** Without a type in AWS's answer, it is Interface, AWS's first type. */
function isRouted({ type = 'Interface' }: VpcEndpointItem): boolean {
  return type === 'Interface' || type === 'Resource';
}

function isResource({ type }: VpcEndpointItem): boolean {
  return type === 'Resource';
}

type EndpointContext = {
  readonly scope: Scope;
  readonly interfaces: ReadonlyMap<string, InterfaceItem>;
  /** The targets of the serving endpoints of type Resource. */
  readonly reached: (endpointId: string) => Reached;
  /** The key of the domain tag. */
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
  const { state, createdAtMs, reason, vpcId, dnsNames } = item;
  if (!state) return missingField('AWS gives no State for it');
  const reached = isResource(item) && isServing(item) ? context.reached(item.id) : item;
  if (isProblem(reached)) return reached;
  const parsed = parseEndpointState(state);
  if (parsed === 'available' && item.interfaceIds.length === 0)
    return missingField('AWS gives no NetworkInterfaceIds for it');
  if (createdAtMs === undefined) return missingField('AWS gives no CreationTimestamp for it');
  const addresses = addressesOf(item, context);
  if (isProblem(addresses)) return addresses;
  const { serviceName } = reached;
  return { state: parsed, reason, createdAtMs, serviceName, vpcId, dnsNames, addresses };
}

/**
 * All private addresses of the endpoint's interfaces. Or the problem: AWS does not know an
 * interface, or an interface has no address.
 */
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

/** Also when AWS hides the interface: the endpoint is uncertain and keeps its targets (fm-64). */
function unlisted(interfaceId: string): Problem {
  return {
    reason: `AWS does not list its network interface ${interfaceId}`,
    fix:
      'the next pass reads it again; if the problem stays, ' +
      `\`aws ec2 describe-network-interfaces --include-managed-resources --network-interface-ids ${interfaceId}\` shows why: ` +
      'where it exists, make managed resources visible in the account (`aws ec2 modify-managed-resource-visibility`)',
  };
}

/**
 * The fix for an endpoint type without routing (fm-62). The DNS names of a service network's
 * endpoint lead to addresses in our own subnets.
 */
function typeNotRouted({ id, type = '' }: VpcEndpointItem, tagKey: string): Candidate['facts'] {
  const instead =
    type === 'ServiceNetwork' ? namedInstead : 'tag the endpoint of type Interface that reaches the provider';
  return {
    code: 'type-not-routed',
    reason: `is a VPC endpoint of type ${type}, which is not routed to`,
    fix: `${instead}, and take ${tagKey} off ${id}`,
  };
}
