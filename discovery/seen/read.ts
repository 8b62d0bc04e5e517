import type { Config, VpcEndpointsConfig } from '#config/schema';
import { dispositionOf, parseEndpointState } from '#core/endpoint-states';
import { messageOf, PrivatelinkError, type Problem } from '#core/errors';
import { concurrently } from '#io/concurrently';
import { withinDeadline } from '#io/signals';
import { missingField } from '../admission/fields';
import { type AccountScope, accountScopes } from '../aws/accounts';
import { whyUnreadable } from '../aws/answers';
import type { InterfaceItem, VpcEndpointItem } from '../aws/readers/endpoints';
import { withZoneIds } from '../aws/readers/zones';
import type { VpcEndpointsDependencies } from '../providers/vpc-endpoints';
import type { SeenAddress, SeenEndpoint, SeenScope } from './model';

/** Reads every scope; an unreadable one is unknown. Rejects only with the signal's reason. */
export type ReadSeen = (signal: AbortSignal) => Promise<readonly SeenScope[]>;

/** The readers of one account and region of a source. */
type ReadersOf = (scope: AccountScope, config: VpcEndpointsConfig) => ReturnType<VpcEndpointsDependencies['readersOf']>;

type Settings = Config['discovery'] & { readonly readersOf: ReadersOf };

/**
 * Reads all endpoints in the accounts and regions of these sources, tagged or not. No IO before the
 * call.
 */
export function createSeenReader(sources: readonly VpcEndpointsConfig[], settings: Settings): ReadSeen {
  const { concurrency: limit, scopeTimeoutSeconds, readersOf } = settings;
  const asked = sources.flatMap((config) => accountScopes(config).map((scope) => ({ config, scope })));
  return (signal) =>
    concurrently(asked, { limit, signal }, async ({ config, scope: own }, inner) => {
      const { roleArn: _, externalId: __, ...scope } = own;
      try {
        const deadline = { signal: inner, timeoutMs: scopeTimeoutSeconds * 1_000, asked: `scope ${scope.id}` };
        const endpoints = await withinDeadline((late) => readScope(own, config, { readersOf, signal: late }), deadline);
        return { status: 'known', scope, endpoints } as const;
      } catch (thrown) {
        inner.throwIfAborted();
        const code = thrown instanceof PrivatelinkError ? thrown.code : 'BAD_ANSWER';
        return { status: 'unknown', scope, reason: messageOf(thrown), code } as const;
      }
    });
}

type Reading = { readonly readersOf: ReadersOf; readonly signal: AbortSignal };

async function readScope(
  scope: AccountScope,
  config: VpcEndpointsConfig,
  { readersOf, signal }: Reading,
): Promise<readonly SeenEndpoint[]> {
  const { reader, readZoneIds } = readersOf(scope, config);
  const items = await reader.listEndpoints({ vpcIds: config.vpcs }, signal);
  const ids = new Set(items.filter(hasInterfaces).flatMap((item) => item.interfaceIds));
  const listed = await withZoneIds(await reader.listInterfaces([...ids], signal), readZoneIds, signal);
  const interfaces = new Map(listed.map((item) => [item.id, item]));
  const { roleArn: _, externalId: __, ...plain } = scope;
  const place = { scope: plain, tagKeys: config.tags, allow: config.allow };
  return items.map((item) => ({ ...place, ...endpointOf(item, plain.region, interfaces) }));
}

/**
 * Gateway endpoints have no interfaces. The interfaces of an ended endpoint would fail the call.
 */
function hasInterfaces({ state = '' }: VpcEndpointItem): boolean {
  return dispositionOf(parseEndpointState(state)) !== 'remove';
}

function endpointOf(
  item: VpcEndpointItem,
  region: string,
  interfaces: ReadonlyMap<string, InterfaceItem>,
): Omit<SeenEndpoint, 'scope' | 'tagKeys' | 'allow'> {
  const { id, type = 'Interface', state = '', serviceName, vpcId, createdAtMs, dnsNames, ownerId, misfit } = item;
  const own = hasInterfaces(item) ? item.interfaceIds : [];
  return {
    id,
    type,
    state: parseEndpointState(state),
    accountId: ownerId,
    serviceName,
    vpcId,
    createdAtMs,
    dnsNames,
    addresses: own.flatMap((one) => addressesOf(interfaces.get(one), region)),
    tags: Object.fromEntries(item.tags),
    problem: whyUnreadable('it', misfit) ?? own.map((one) => whyUncertain(one, interfaces.get(one))).find(Boolean),
  };
}

function addressesOf(item: InterfaceItem | undefined, region: string): readonly SeenAddress[] {
  const { ips = [], zoneId, zoneName } = item ?? {};
  return ips.map((ip) => ({ ip, region, zoneId, zoneName }));
}

function whyUncertain(id: string, item: InterfaceItem | undefined): Problem | undefined {
  if (!item) return missingField(`AWS does not list its network interface ${id}`);
  if (item.ips.length === 0 && !item.misfit)
    return missingField(`AWS gives no address for its network interface ${id}`);
  return whyUnreadable(`its network interface ${id}`, item.misfit);
}
