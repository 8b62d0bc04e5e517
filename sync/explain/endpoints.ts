import { compareText, formatAddress, pathsOf } from '#core/addresses/targets';
import { type Statement, statementsOf } from '#core/claims/statements';
import type { Endpoint, Quarantined, Snapshot } from '#core/model';
import type { HeldEntity } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { eachOriginOf } from '#deck/tags';
import type { EndpointAnswer, OtherClaim } from './answer';
import type { View } from './view';

/**
 * Returns every endpoint of a scope, or of a target in the control plane, sorted by id, then scope.
 */
export function endpointsIn({ planned: { snapshot, held, report }, config }: View): readonly EndpointAnswer[] {
  const refused = new Map(report.quarantined.map((one) => [`${one.endpointId} ${one.scopeId}`, one]));
  const statements = statementsOf(snapshot);
  const listed = [...statements.values()].flat().map((one) => answerOf(one, { refused, config, snapshot }));
  return [...listed, ...unlistedIn(held, new Set(statements.keys()))].sort(
    (a, b) => compareText(a.id, b.id) || compareText(a.scopeId, b.scopeId),
  );
}

type Context = {
  readonly refused: ReadonlyMap<string, Quarantined>;
  readonly config: View['config'];
  readonly snapshot: Snapshot;
};

function answerOf(statement: Statement, context: Context): EndpointAnswer {
  const { id, scopeId, state, awsReason: reason, endpoint } = statement;
  const quarantined = statement.quarantined ?? context.refused.get(`${id} ${scopeId}`);
  const domain = endpoint?.domain ?? quarantined?.domain;
  return {
    ...{ id, domain, scopeId, isListed: true, state, reason },
    said: saidOf(domain, scopeId, context),
    ...(endpoint && claimOf(endpoint)),
    paths: endpoint ? pathsOf(endpoint) : [],
    addresses: (endpoint?.addresses ?? []).map(({ ip, region, zoneId }) => ({
      ...{ address: formatAddress({ ip, port: endpoint?.port ?? 0 }), region, zoneId },
    })),
    quarantined: quarantined && { code: quarantined.code, reason: quarantined.reason, fix: quarantined.fix },
  };
}

function claimOf({ serviceName, vpcId, protocol, host, weight }: Endpoint) {
  return { serviceName, vpcId, protocol, host, weight };
}

/** Returns the place where the claim of the endpoint is written. */
function saidOf(domain: string | undefined, scopeId: string, { config, snapshot }: Context): string {
  const scope = snapshot.scopes.find((one) => one.scope.id === scopeId)?.scope;
  const source = config.sources.find(({ name }) => name === scope?.source);
  const where = `source ${scope?.source ?? scopeId}${source ? `, ${source.type}` : ''}`;
  if (source && 'tags' in source) return `tag ${source.tags.domain}=${domain ?? '?'} (${where})`;
  if (source?.type === 'snapshot') return `what another process discovered (${where})`;
  return `the configuration (${where})`;
}

/** Returns endpoints of held targets that no scope lists. */
function unlistedIn(held: readonly HeldEntity[], listed: ReadonlySet<string>): readonly EndpointAnswer[] {
  const found = new Map<string, EndpointAnswer>();
  for (const { kind, key, domain, tags } of held) {
    if (kind !== 'target') continue;
    for (const { endpointId: id, scopeIds } of eachOriginOf(tags)) {
      if (listed.has(id)) continue;
      const scopeId = scopeIds.join(' or ');
      const known = found.get(`${id} ${domain}`);
      const address = nameInParent(key);
      const addresses = [...(known?.addresses ?? []).filter((one) => one.address !== address), { address }];
      found.set(`${id} ${domain}`, {
        ...{ id, domain, scopeId, isListed: false, paths: [], addresses },
        said: heldTags,
      });
    }
  }
  return [...found.values()];
}

const heldTags = 'tags of targets in the control plane';

/**
 * Returns endpoints of other domains that claim a path of this domain, or a path above or below it.
 */
export function otherClaimsIn(domain: string, endpoints: readonly EndpointAnswer[]): readonly OtherClaim[] {
  const own = new Set(endpoints.filter((one) => one.domain === domain).flatMap(({ paths }) => paths));
  const isNear = (path: string) => [...own].some((one) => isWithin(path, one) || isWithin(one, path));
  return endpoints
    .filter((one) => one.domain !== domain)
    .flatMap(({ id, domain: other = '?', paths }) =>
      paths.filter(isNear).map((path) => ({ domain: other, endpointId: id, path })),
    );
}

function isWithin(path: string, above: string): boolean {
  return above !== '/' && (path === above || path.startsWith(`${above}/`));
}
