import type { Incumbent, Incumbents } from '#core/claims/incumbents';
import { groupBy } from '#core/group-by';
import type { DomainSettings, Json, Snapshot } from '#core/model';
import { isProtocol } from '#core/protocols';
import { hasAnswered } from '#core/snapshot';
import { isAdopted } from '#deck/adopted';
import { zoneOf } from '#deck/affinity';
import type { Document, Kind } from '#deck/document';
import { claimedPathsOf } from '#deck/route-paths';
import { eachOriginOf, originsOf } from '#deck/tags';

type Settings = Readonly<Record<string, DomainSettings>>;

/**
 * Returns what each domain already uses, as the control plane holds it. Routes that the
 * configuration switches off are ignored, and so are adopted routes: tags need not agree with what
 * people wrote.
 */
export function incumbentsOf(held: Document, snapshot: Snapshot, settings: Settings): Incumbents {
  const unread = new Set(snapshot.scopes.filter((one) => !hasAnswered(one)).map((one) => one.scope.id));
  // A switched-off route leaves with this plan, and the next plan must have the same result without
  // it.
  const staying = held.filter(
    (one) => one.kind !== 'route' || (settings[one.domain]?.route !== false && !isAdopted(one)),
  );
  return new Map(
    [...groupBy(staying, (one) => one.domain)].map(([domain, entities]) => [domain, incumbentOf(entities, unread)]),
  );
}

function incumbentOf(entities: Document, unread: ReadonlySet<string>): Incumbent {
  const find = (kind: Kind) => entities.find((one) => one.kind === kind && !zoneOf(one));
  const protocol = textOf(find('service')?.fields.protocol);
  const route = find('route');
  const paths = route && claimedPathsOf(route);
  return {
    protocol: protocol !== undefined && isProtocol(protocol) ? protocol : undefined,
    host: textOf(find('upstream')?.fields.host_header),
    route: paths && { paths, stripPath: route.fields.strip_path === true },
    ...targetsOf(entities, unread),
  };
}

function targetsOf(
  entities: Document,
  unread: ReadonlySet<string>,
): Pick<Incumbent, 'endpointIds' | 'scopeIds' | 'isUncertain'> {
  const scopeIds = new Map<string, string>();
  const endpointIds = new Set<string>();
  let isUncertain = false;
  for (const { kind, tags } of entities) {
    if (kind !== 'target') continue;
    for (const { endpointId, scopeIds: own } of eachOriginOf(tags)) {
      const [scopeId] = own;
      endpointIds.add(endpointId);
      if (scopeId !== undefined) scopeIds.set(endpointId, scopeId);
    }
    isUncertain ||= originsOf(tags).scopeIds.some((id) => unread.has(id));
  }
  return { endpointIds, scopeIds, isUncertain };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
