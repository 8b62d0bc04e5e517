import type { Domain } from '../core/claims';
import type { DomainSettings, JsonObject, PluginSettings } from '../core/model';
import { upstreamName } from '../core/names';
import { compareText, formatAddress } from '../core/targets';
import type { Document, Entity, Kind } from './document';
import { routeFields, serviceFields, targetFields, upstreamFields } from './fields';
import { pluginKey, targetKey } from './names';
import { configTag, originTags, selectTags } from './tags';

/** The order in which entities are created, so that no reference and no request ever meets a missing one; deletes go backwards. */
export const writeOrder: readonly Kind[] = ['upstream', 'target', 'service', 'route', 'plugin'];

export type DesiredInput = {
  readonly owner: string;
  readonly domains: readonly Domain[];
  readonly settings: Readonly<Record<string, DomainSettings>>;
};

/** What the control plane should hold for the domains that can be routed to. */
export function renderDesired({ owner, domains, settings }: DesiredInput): Document {
  const tags = selectTags(owner);
  return sortDocument(domains.flatMap((domain) => entitiesOf(domain, settings[domain.name] ?? {}, tags)));
}

/** Entities in write order, then by key: the one order of documents and files. */
export function sortDocument<E extends Entity>(entities: readonly E[]): readonly E[] {
  return [...entities].sort(
    (a, b) => writeOrder.indexOf(a.kind) - writeOrder.indexOf(b.kind) || compareText(a.key, b.key),
  );
}

function entitiesOf(domain: Domain, settings: DomainSettings, tags: readonly string[]): readonly Entity[] {
  const { name } = domain;
  const upstream = upstreamName(name);
  return [
    { kind: 'upstream', key: upstream, domain: name, fields: upstreamFields(domain, settings), tags },
    ...domain.targets.map(
      (target): Entity => ({
        kind: 'target',
        key: targetKey(upstream, formatAddress(target)),
        domain: name,
        parent: upstream,
        fields: targetFields(target),
        tags: [...tags, ...originTags(target)],
      }),
    ),
    { kind: 'service', key: name, domain: name, fields: serviceFields(domain, settings), tags },
    ...(settings.route === false
      ? []
      : [{ kind: 'route', key: name, domain: name, parent: name, fields: routeFields(domain), tags } as const]),
    ...(settings.plugins ?? []).map((plugin) => pluginOf(plugin, name, tags)),
  ];
}

function pluginOf(plugin: PluginSettings, domain: string, tags: readonly string[]): Entity {
  const config = pluginConfig(plugin, domain);
  const fields = { name: plugin.name, enabled: plugin.enabled ?? true, config };
  const key = pluginKey(domain, plugin.name);
  return { kind: 'plugin', key, domain, parent: domain, fields, tags: [...tags, configTag(config)] };
}

/** The plugin of this product is about its own domain unless the configuration names another. */
function pluginConfig(plugin: PluginSettings, domain: string): JsonObject {
  return plugin.name === 'privatelink' ? { domain, ...plugin.config } : plugin.config;
}
