import { compareText } from '#core/addresses/targets';
import type { Json } from '#core/model';
import { domainPattern } from '#core/names';
import { uuidOf } from '#core/uuid';

const productTag = 'kong-privatelink';
/** On entities from base files. decK gives them the select tags too, but people own them. */
export const baseTag = `${productTag}:base`;
const prefixes = {
  owner: 'owner:',
  scope: 'scope:',
  from: 'from:',
  config: 'config:',
  account: 'account:',
  pinned: 'pinned:',
  adopted: 'adopted:',
};
const ownTag = new RegExp(`^(?:${productTag}$|${Object.values(prefixes).join('|')})`);

/** The tags that select the entities of `owner` in the control plane and in decK files. */
export function selectTags(owner: string): readonly string[] {
  return [productTag, `${prefixes.owner}${owner}`];
}

/** Whether an entity with `tags` was generated for the owner of `ownTags`. */
export function isGenerated(tags: readonly string[], ownTags: readonly string[]): boolean {
  return ownTags.every((tag) => tags.includes(tag)) && !tags.includes(baseTag);
}

/** The owner of a generated entity; undefined when people wrote it. */
export function ownerOf(tags: readonly string[]): string | undefined {
  const tag = tags.find((one) => one.startsWith(prefixes.owner));
  return tag && isGenerated(tags, [productTag]) ? tag.slice(prefixes.owner.length) : undefined;
}

/** The origin of a target. A new process finds the origin of each target in its tags. */
export type Origin = { readonly scopeId: string; readonly endpointId: string };

export function originTags({ scopeId, endpointId }: Origin): readonly string[] {
  return [`${prefixes.scope}${scopeId}`, endpointId].sort(compareText);
}

/** Scopes and endpoints in the tags of a target. */
export function originsOf(tags: readonly string[]): {
  readonly scopeIds: readonly string[];
  readonly endpointIds: readonly string[];
} {
  const scopeIds: string[] = [];
  const endpointIds: string[] = [];
  for (const tag of tags) {
    if (tag.startsWith(prefixes.scope)) scopeIds.push(tag.slice(prefixes.scope.length));
    else if (!ownTag.test(tag)) endpointIds.push(tag);
  }
  return { scopeIds, endpointIds };
}

/** An endpoint and its possible scopes: one, unless the tags do not tell. */
export type EndpointOrigin = { readonly endpointId: string; readonly scopeIds: readonly string[] };

/**
 * The endpoints in the tags of a target, each with its own scope. A target that is a name stands
 * for several endpoints.
 */
export function eachOriginOf(tags: readonly string[]): readonly EndpointOrigin[] {
  const { scopeIds, endpointIds } = originsOf(tags);
  if (scopeIds.length < 2) return endpointIds.map((endpointId) => ({ endpointId, scopeIds }));
  const told = new Set(tags);
  return endpointIds.map((endpointId) => {
    const own = scopeIds.filter((scopeId) => told.has(fromTag({ scopeId, endpointId })));
    return { endpointId, scopeIds: own.length > 0 ? own : scopeIds };
  });
}

/**
 * The tags with exactly these origins. When the origins have several scopes, another tag for each
 * endpoint names its scope.
 */
export function withOrigins(tags: readonly string[], origins: readonly EndpointOrigin[]): readonly string[] {
  const { scopeIds, endpointIds } = originsOf(tags);
  const before = new Set([...scopeIds.map((id) => `${prefixes.scope}${id}`), ...endpointIds]);
  const scopes = new Set(origins.flatMap((one) => one.scopeIds));
  const pairs = origins.flatMap(({ endpointId, scopeIds: own }) =>
    own.length < scopes.size ? own.map((scopeId) => fromTag({ scopeId, endpointId })) : [],
  );
  return [
    ...tags.filter((tag) => !before.has(tag) && !tag.startsWith(prefixes.from)),
    ...[...scopes].map((id) => `${prefixes.scope}${id}`).sort(compareText),
    ...[...new Set(origins.map((one) => one.endpointId))].sort(compareText),
    ...[...new Set(pairs)].sort(compareText),
  ];
}

/** A digest of fixed length: a tag of Konnect has at most 128 characters. */
function fromTag({ scopeId, endpointId }: Origin): string {
  return `${prefixes.from}${uuidOf(JSON.stringify([scopeId, endpointId])).slice(0, 13)}`;
}

/**
 * On the upstream of a domain: the account in which the process's own credentials read its
 * endpoints (fm-37).
 */
export function accountTag(accountId: string): string {
  return `${prefixes.account}${accountId}`;
}

/** The account that `accountTag` wrote into the tags. */
export function accountOf(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(prefixes.account))?.slice(prefixes.account.length);
}

/** Whether a tag comes from `configTag`. */
export function isConfigTag(tag: string): boolean {
  return tag.startsWith(prefixes.config);
}

/**
 * Marks a plugin with its written configuration. A control plane fills in defaults, so a removed
 * key would otherwise look like a default.
 */
export function configTag(config: Json): string {
  return `${prefixes.config}${uuidOf(JSON.stringify(config)).slice(0, 8)}`;
}

/** On one service of a control plane that is pinned to a revision. */
export function pinTag(revisionId: string): string {
  return `${prefixes.pinned}${revisionId}`;
}

const pinned = new RegExp(`^${prefixes.pinned}[0-9a-f]{12}$`);

/**
 * The revisions that `pinTag` wrote into the tags. People may write anything behind its prefix, and
 * several such tags.
 */
export function pinsOf(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => pinned.test(tag)).map((tag) => tag.slice(prefixes.pinned.length));
}

/**
 * On entities that belong to a domain only by adoption: people's entities, and entities generated
 * below them. Their names do not tell.
 */
export function adoptedTag(domain: string): string {
  return `${prefixes.adopted}${domain}`;
}

/**
 * The domain that `adoptedTag` wrote into the tags. People may write anything behind its prefix.
 */
export function adoptedDomainOf(tags: readonly string[]): string | undefined {
  const isOfDomain = (tag: string) =>
    tag.startsWith(prefixes.adopted) && domainPattern.test(tag.slice(prefixes.adopted.length));
  return tags.find(isOfDomain)?.slice(prefixes.adopted.length);
}

/** The tags without those of `adoptedTag`. */
export function withoutAdopted(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !tag.startsWith(prefixes.adopted));
}

/** Tags of the product beside people's own tags. */
export function besideTheirs(own: readonly string[], held: readonly string[]): readonly string[] {
  return [...new Set([...held.filter(isTheirs), ...own])].sort(compareText);
}

/** The tags that people gave an adopted entity: all tags without another use. */
export function theirTags(held: readonly string[], selectTags: readonly string[]): readonly string[] {
  return held.filter((tag) => isTheirs(tag) && !selectTags.includes(tag));
}

const ofAdopted = [prefixes.adopted, prefixes.pinned, prefixes.account];

function isTheirs(tag: string): boolean {
  return !ofAdopted.some((prefix) => tag.startsWith(prefix));
}

/** The tags without the tag of `pinTag`. */
export function withoutPin(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !tag.startsWith(prefixes.pinned));
}
