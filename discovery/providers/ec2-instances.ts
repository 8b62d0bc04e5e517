import type { Ec2InstancesConfig } from '#config/schema';
import { dispositionOf } from '#core/endpoint-states';
import type { Problem } from '#core/errors';
import type { Address, EndpointState } from '#core/model';
import { type Candidate, claimEndpoints, type Facts } from '../admission/admit';
import { missingField } from '../admission/fields';
import type { AccountScope } from '../aws/accounts';
import { createAccountSource } from '../aws/accounts';
import { whyUnreadable } from '../aws/answers';
import { parseInstanceState } from '../aws/readers/instance-states';
import type { Ec2InstanceItem, Ec2InstanceReader } from '../aws/readers/instances';
import { type ReadZoneIds, withZoneIds } from '../aws/readers/zones';
import type { Source } from '../source';

export type Ec2InstancesDependencies = {
  readonly owner: string;
  /** Returns the readers of one account and region. */
  readonly readersOf: (scope: AccountScope) => {
    readonly reader: Ec2InstanceReader;
    readonly readZoneIds: ReadZoneIds;
  };
};

/** Instances with the domain tag in the configured accounts and regions, for peered networks. */
export function createEc2InstancesSource(
  config: Ec2InstancesConfig,
  { owner, readersOf }: Ec2InstancesDependencies,
): Source {
  return createAccountSource(config, (scope) => {
    const { reader, readZoneIds } = readersOf(scope);
    return {
      discover: async (signal) => {
        const listed = await reader.listInstances(config.tags.domain, signal);
        const items = await withZoneIds(listed, readZoneIds, signal);
        return claimEndpoints(
          items.map((item) => candidateOf(item, scope)),
          { config, owner, scope },
        );
      },
      confirmGone: (ids, signal) => reader.findGone(ids.filter(isInstanceId), signal),
    };
  });
}

/**
 * AWS refuses a whole call for one id of another form, and people may put their own tags on a
 * target.
 */
function isInstanceId(id: string): boolean {
  return /^i-[0-9a-f]+$/.test(id);
}

function candidateOf(item: Ec2InstanceItem, scope: AccountScope): Candidate {
  const state = item.state === undefined ? undefined : parseInstanceState(item.state);
  const problem = whyUnreadable('it', item.misfit);
  return { id: item.id, tags: item.tags, state, problem, facts: factsOf(item, state, scope) };
}

function factsOf(item: Ec2InstanceItem, state: EndpointState | undefined, scope: AccountScope): Facts | Problem {
  const { createdAtMs, vpcId } = item;
  if (!state) return missingField('AWS gives no State for it');
  if (createdAtMs === undefined) return missingField('AWS gives no LaunchTime for it');
  if (state === 'available' && item.ips.length === 0) return missingField('AWS gives no private address for it');
  const addresses = dispositionOf(state) === 'remove' ? [] : addressesOf(item, scope);
  return { state, reason: reasonOf(item), createdAtMs, vpcId, dnsNames: [], addresses };
}

function addressesOf({ ips, zoneId }: Ec2InstanceItem, { region }: AccountScope): readonly Address[] {
  return ips.map((ip) => ({ ip, region, zoneId }));
}

/**
 * AWS's own name of the state, because the endpoint's name for it differs, with AWS's explanation.
 */
function reasonOf({ state, reason }: Ec2InstanceItem): string | undefined {
  if (state === 'running') return undefined;
  return `instance ${state}${reason ? `: ${reason}` : ''}`;
}
