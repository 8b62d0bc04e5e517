import { compareText, formatAddress } from '#core/addresses/targets';
import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import type { DomainSettings, JsonObject, PluginSettings, Target } from '#core/model';
import { pluginName, upstreamName, zoneUpstreamName } from '#core/names';
import { type Accounts, accountTagsOf } from './account-tags';
import { type Affinity, zonesOf, zoneTargetFields } from './affinity';
import type { Document, Entity, Kind } from './document';
import { routeFields, serviceFields, targetFields, upstreamFields } from './fields';
import { pluginKey, targetKey } from './keys';
import { configTag, originTags, selectTags } from './tags';

/**
 * The order in which entities are created, so that no reference and no request ever meets a missing one; deletes go backwards.
 * The route comes last: until then no request arrives that a plugin should have stopped (docs/decisions/0030-guarded-routes.md).
 */
export const writeOrder: readonly Kind[] = ['upstream', 'target', 'service', 'plugin', 'route'];

export type DesiredInput = {
  readonly owner: string;
  readonly domains: readonly Domain[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** Default `none`. */
  readonly affinity?: Affinity;
  /** What the control plane holds: a zone that has an upstream keeps it. Default nothing. */
  readonly held?: readonly Entity[];
  /** Default none. */
  readonly accounts?: Accounts;
};

/** What the control plane should hold for the domains that can be routed to. */
export function renderDesired(input: DesiredInput): Document {
  const { owner, domains, settings, affinity = 'none', held = [], accounts = new Map() } = input;
  const heldByDomain = groupBy(held, (one) => one.domain);
  const place = { tags: selectTags(owner), affinity, accounts };
  return sortDocument(
    domains.flatMap((domain) =>
      entitiesOf(domain, settings[domain.name] ?? {}, { ...place, held: heldByDomain.get(domain.name) ?? [] }),
    ),
  );
}

/** Entities in write order, then by key: the one order of documents and files. */
export function sortDocument<E extends Entity>(entities: readonly E[]): readonly E[] {
  return [...entities].sort(
    (a, b) => writeOrder.indexOf(a.kind) - writeOrder.indexOf(b.kind) || compareText(a.key, b.key),
  );
}

/** `held`: of this domain. */
type Place = Required<Pick<DesiredInput, 'affinity' | 'held' | 'accounts'>> & { readonly tags: readonly string[] };

function entitiesOf(domain: Domain, settings: DomainSettings, place: Place): readonly Entity[] {
  const { tags, affinity, held, accounts } = place;
  const { name, targets } = domain;
  const fields = upstreamFields(domain, settings);
  const account = accountTagsOf(domain, held, accounts);
  const tagsOf = (upstream: string) =>
    upstream === upstreamName(name) ? [...account, ...tags].sort(compareText) : tags;
  const balanced = (key: string, fieldsOf: (target: Target) => JsonObject): readonly Entity[] => [
    { kind: 'upstream', key, domain: name, fields: { ...fields, name: key }, tags: tagsOf(key) },
    ...targets.map((target) => targetEntity(target, { upstream: key, domain: name, fields: fieldsOf(target), tags })),
  ];
  return [
    ...balanced(upstreamName(name), targetFields),
    ...(affinity === 'none' ? [] : zonesOf(domain, held)).flatMap((zone) =>
      balanced(zoneUpstreamName(zone, name), zoneTargetFields(targets, zone, affinity)),
    ),
    { kind: 'service', key: name, domain: name, fields: serviceFields(domain, settings), tags },
    ...(settings.route === false
      ? []
      : [{ kind: 'route', key: name, domain: name, parent: name, fields: routeFields(domain), tags } as const]),
    ...(settings.plugins ?? []).map((plugin) => pluginOf(plugin, name, tags)),
  ];
}

type Placed = Pick<Entity, 'domain' | 'fields' | 'tags'> & { readonly upstream: string };

function targetEntity(target: Target, { upstream, domain, fields, tags }: Placed): Entity {
  const key = targetKey(upstream, formatAddress(target));
  return { kind: 'target', key, domain, parent: upstream, fields, tags: tags.concat(originTags(target)) };
}

function pluginOf(plugin: PluginSettings, domain: string, tags: readonly string[]): Entity {
  const fields = pluginFields(plugin, domain);
  const key = pluginKey(domain, plugin.name);
  return { kind: 'plugin', key, domain, parent: domain, fields, tags: [...tags, configTag(fields.config)] };
}

/** What Kong gets of a plugin. That of this product is about its own domain unless the configuration names another. */
export function pluginFields({ name, enabled = true, config }: PluginSettings, domain: string) {
  return { name, enabled, config: name === pluginName ? { domain, ...config } : config };
}
