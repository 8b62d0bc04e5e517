import { compareText, formatAddress } from '#core/addresses/targets';
import type { Domain } from '#core/claims/settle';
import { groupBy } from '#core/group-by';
import type { DomainSettings, JsonObject, PluginSettings, Target } from '#core/model';
import { isOwnPlugin, zonePluginName, zoneUpstreamName } from '#core/names';
import { type Accounts, accountTagsOf } from './account-tags';
import { adoptedParts, adoptedTags, adoptedUpstream, ownUpstreamOf } from './adopted';
import { type Affinity, hasZoneUpstreams, zonesOf, zoneTargetFields } from './affinity';
import { type CallersSettings, callersEntity } from './callers/entity';
import type { Document, Entity, Kind } from './document';
import { nameFields, routeFields, serviceFields, targetFields, upstreamFields } from './fields';
import { pluginKey, targetKey } from './keys';
import { configTag, originTags, selectTags, withOrigins } from './tags';
import { addressesAlone, type TargetForms } from './via';

/**
 * The order in which entities are created; deletes go backwards. In this order no reference and no
 * request meets a missing entity. The route comes last: until then no request arrives that a plugin
 * should stop (docs/decisions/0030-guarded-routes.md).
 */
export const writeOrder: readonly Kind[] = ['upstream', 'target', 'service', 'plugin', 'route'];

export type DesiredInput = {
  readonly owner: string;
  readonly domains: readonly Domain[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
  /** Default `none`. */
  readonly affinity?: Affinity;
  /** Domains with another affinity; default none. */
  readonly affinityOf?: ReadonlyMap<string, Affinity>;
  /** Entities of the control plane: a zone with a held upstream keeps it. Default none. */
  readonly held?: readonly Entity[];
  /** Default none. */
  readonly accounts?: Accounts;
  /** The form of a domain's addresses in its upstream; default: addresses. */
  readonly formsOf?: (domain: string) => TargetForms;
  /**
   * Settings of the callers plugin of each domain; default: no domain has it. Its tables are added
   * later.
   */
  readonly callersSettings?: CallersSettings;
};

/** The entities that the control plane should hold for the routable domains. */
export function renderDesired(input: DesiredInput): Document {
  const { owner, domains, settings, affinity = 'none', held = [], accounts = new Map() } = input;
  const { formsOf = () => addressesAlone, affinityOf, callersSettings } = input;
  const heldByDomain = groupBy(held, (one) => one.domain);
  const place = { tags: selectTags(owner), accounts, callersSettings };
  return sortDocument(
    domains.flatMap((domain) => {
      const own = { held: heldByDomain.get(domain.name) ?? [], forms: formsOf(domain.name) };
      const ownAffinity = affinityOf?.get(domain.name) ?? affinity;
      return entitiesOf(domain, settings[domain.name] ?? {}, { ...place, ...own, affinity: ownAffinity });
    }),
  );
}

/** Entities in write order, then by key: the one order of documents and files. */
export function sortDocument<E extends Entity>(entities: readonly E[]): readonly E[] {
  return [...entities].sort(
    (a, b) => writeOrder.indexOf(a.kind) - writeOrder.indexOf(b.kind) || compareText(a.key, b.key),
  );
}

/** `held`: entities of this domain. */
type Place = Required<Pick<DesiredInput, 'affinity' | 'held' | 'accounts'>> & {
  readonly tags: readonly string[];
  readonly forms: TargetForms;
  readonly callersSettings?: CallersSettings;
};

function entitiesOf(domain: Domain, settings: DomainSettings, place: Place): readonly Entity[] {
  const { affinity, forms, callersSettings } = place;
  const hasZones = hasZoneUpstreams(affinity, forms);
  const plugins = (settings.plugins ?? []).filter((plugin) => hasZones || plugin.name !== zonePluginName);
  const { service, routes, tags } = settings.adopted
    ? adoptedParts(domain, settings.adopted, place.tags)
    : generatedParts(domain, settings, place.tags);
  const below = { service: service.key, domain: domain.name, tags };
  return [
    ...upstreamsOf(domain, settings, place),
    service,
    ...routes,
    ...plugins.map((plugin) => pluginOf(plugin, below)),
    ...(callersSettings ? [callersEntity(callersSettings, below)] : []),
  ];
}

/** `tags`: for entities generated below the service. */
type Parts = { readonly service: Entity; readonly routes: readonly Entity[]; readonly tags: readonly string[] };

function generatedParts(domain: Domain, settings: DomainSettings, tags: readonly string[]): Parts {
  const { name } = domain;
  const route = { kind: 'route', key: name, domain: name, parent: name, fields: routeFields(domain), tags } as const;
  return {
    service: { kind: 'service', key: name, domain: name, fields: serviceFields(domain, settings), tags },
    routes: settings.route === false ? [] : [route],
    tags,
  };
}

/** The domain's own upstream, and those of its zones, which hold addresses only. */
function upstreamsOf(domain: Domain, settings: DomainSettings, place: Place): readonly Entity[] {
  const { tags, affinity, held, forms } = place;
  const { name, targets } = domain;
  const own = ownUpstreamOf(name, settings);
  const hasNames = forms.names.length > 0;
  const isTheirs = settings.adopted?.upstream !== undefined;
  const below = isTheirs ? adoptedTags(name, tags) : tags;
  const ownTags = [...accountTagsOf(domain, own, place), ...below].sort(compareText);
  const balanced = (upstream: string, fieldsOf: (target: Target) => JsonObject): readonly Entity[] =>
    targets.map((target) => {
      const fields = fieldsOf(target);
      return targetEntity(target, { upstream, domain: name, fields, tags: upstream === own ? below : tags });
    });
  const upstreamOf = (key: string, isOwn: boolean): Entity => {
    const fields = { ...upstreamFields(domain, settings, isOwn && hasNames), name: key };
    return { kind: 'upstream', key, domain: name, fields, tags: isOwn ? ownTags : tags };
  };
  const zones = hasZoneUpstreams(affinity, forms) ? zonesOf(domain, held) : [];
  return [
    isTheirs ? adoptedUpstream(domain, own, { tags: ownTags, hasNames }) : upstreamOf(own, true),
    ...(forms.hasAddresses ? balanced(own, targetFields) : []),
    ...forms.names.map((address) => nameEntity(address, domain, { upstream: own, tags: below })),
    ...zones.flatMap((zone) => {
      const key = zoneUpstreamName(zone, name);
      return [upstreamOf(key, false), ...balanced(key, zoneTargetFields(targets, zone, affinity))];
    }),
  ];
}

/** One target for all of the domain's endpoints. Its tags name their origins. */
function nameEntity(
  address: string,
  { name: domain, targets }: Domain,
  { upstream: parent, tags }: Pick<Placed, 'upstream' | 'tags'>,
): Entity {
  const origins = targets.map(({ endpointId, scopeId }) => ({ endpointId, scopeIds: [scopeId] }));
  const key = targetKey(parent, address);
  return { kind: 'target', key, domain, parent, fields: nameFields(address), tags: withOrigins(tags, origins) };
}

type Placed = Pick<Entity, 'domain' | 'fields' | 'tags'> & { readonly upstream: string };

function targetEntity(target: Target, { upstream, domain, fields, tags }: Placed): Entity {
  const key = targetKey(upstream, formatAddress(target));
  return { kind: 'target', key, domain, parent: upstream, fields, tags: tags.concat(originTags(target)) };
}

type PluginPlace = Pick<Entity, 'domain' | 'tags'> & { readonly service: string };

function pluginOf(plugin: PluginSettings, { service, domain, tags }: PluginPlace): Entity {
  const fields = pluginFields(plugin, domain);
  const key = pluginKey(service, plugin.name);
  return { kind: 'plugin', key, domain, parent: service, fields, tags: [...tags, configTag(fields.config)] };
}

/**
 * The plugin's fields for Kong. A plugin of this product serves its own domain unless the
 * configuration names another.
 */
export function pluginFields({ name, enabled = true, config }: PluginSettings, domain: string) {
  return { name, enabled, config: isOwnPlugin(name) ? { domain, ...config } : config };
}
