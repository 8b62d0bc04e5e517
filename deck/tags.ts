import { compareText } from '#core/addresses/targets';
import type { Json } from '#core/model';
import { domainPattern } from '#core/names';
import { uuidOf } from '#core/uuid';

const productTag = 'kong-privatelink';
/** On what comes from base files: decK gives it the select tags too, and yet it is people's. */
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

/** Tags by which the entities of `owner` are selected, in the control plane and in decK files. */
export function selectTags(owner: string): readonly string[] {
  return [productTag, `${prefixes.owner}${owner}`];
}

/** Whether an entity with `tags` was generated for whom `ownTags` select. */
export function isGenerated(tags: readonly string[], ownTags: readonly string[]): boolean {
  return ownTags.every((tag) => tags.includes(tag)) && !tags.includes(baseTag);
}

/** For whom an entity with `tags` was generated; undefined when it is people's. */
export function ownerOf(tags: readonly string[]): string | undefined {
  const tag = tags.find((one) => one.startsWith(prefixes.owner));
  return tag && isGenerated(tags, [productTag]) ? tag.slice(prefixes.owner.length) : undefined;
}

/** Where a target comes from; so that a fresh process knows what each target in the control plane belongs to. */
export type Origin = { readonly scopeId: string; readonly endpointId: string };

export function originTags({ scopeId, endpointId }: Origin): readonly string[] {
  return [`${prefixes.scope}${scopeId}`, endpointId].sort(compareText);
}

/** Scopes and endpoints that the tags of a target name. */
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

/** An endpoint, and the scopes that it may be of: one, unless tags do not tell. */
export type EndpointOrigin = { readonly endpointId: string; readonly scopeIds: readonly string[] };

/** The endpoints that the tags of a target name, each with its own scope: a target that is a name stands for several. */
export function eachOriginOf(tags: readonly string[]): readonly EndpointOrigin[] {
  const { scopeIds, endpointIds } = originsOf(tags);
  if (scopeIds.length < 2) return endpointIds.map((endpointId) => ({ endpointId, scopeIds }));
  const told = new Set(tags);
  return endpointIds.map((endpointId) => {
    const own = scopeIds.filter((scopeId) => told.has(fromTag({ scopeId, endpointId })));
    return { endpointId, scopeIds: own.length > 0 ? own : scopeIds };
  });
}

/** The tags with these origins, and no others; where these are of several scopes, a tag for each says of which it is. */
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

/** Of one length, since a tag of Konnect has at most 128 characters. */
function fromTag({ scopeId, endpointId }: Origin): string {
  return `${prefixes.from}${uuidOf(JSON.stringify([scopeId, endpointId])).slice(0, 13)}`;
}

/** On the upstream of a domain: the account that the process's own credentials read its endpoints in (fm-37). */
export function accountTag(accountId: string): string {
  return `${prefixes.account}${accountId}`;
}

/** The account that `accountTag` put among the tags. */
export function accountOf(tags: readonly string[]): string | undefined {
  return tags.find((tag) => tag.startsWith(prefixes.account))?.slice(prefixes.account.length);
}

/** Whether a tag is one of those that `configTag` makes. */
export function isConfigTag(tag: string): boolean {
  return tag.startsWith(prefixes.config);
}

/**
 * Marks a plugin with what was written, since a control plane fills defaults into its configuration: a key that is taken out of the
 * configuration would look like one of them.
 */
export function configTag(config: Json): string {
  return `${prefixes.config}${uuidOf(JSON.stringify(config)).slice(0, 8)}`;
}

/** On one service of a control plane that is pinned to a revision. */
export function pinTag(revisionId: string): string {
  return `${prefixes.pinned}${revisionId}`;
}

const pinned = new RegExp(`^${prefixes.pinned}[0-9a-f]{12}$`);

/** The revisions that `pinTag` put among the tags; people may write what they like behind its prefix, and more than one. */
export function pinsOf(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => pinned.test(tag)).map((tag) => tag.slice(prefixes.pinned.length));
}

/** On what belongs to a domain by adoption alone, since its name does not tell: what people wrote, and what was generated below that. */
export function adoptedTag(domain: string): string {
  return `${prefixes.adopted}${domain}`;
}

/** The domain that `adoptedTag` put among the tags; people may write what they like behind its prefix. */
export function adoptedDomainOf(tags: readonly string[]): string | undefined {
  const isOfDomain = (tag: string) =>
    tag.startsWith(prefixes.adopted) && domainPattern.test(tag.slice(prefixes.adopted.length));
  return tags.find(isOfDomain)?.slice(prefixes.adopted.length);
}

/** The tags without those that `adoptedTag` makes. */
export function withoutAdopted(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !tag.startsWith(prefixes.adopted));
}

/** Tags of the product beside those that people gave an entity. */
export function besideTheirs(own: readonly string[], held: readonly string[]): readonly string[] {
  return [...new Set([...held.filter(isTheirs), ...own])].sort(compareText);
}

/** The tags that people gave an entity which the product took over from them: all but those for which nothing else has a use. */
export function theirTags(held: readonly string[], selectTags: readonly string[]): readonly string[] {
  return held.filter((tag) => isTheirs(tag) && !selectTags.includes(tag));
}

const ofAdopted = [prefixes.adopted, prefixes.pinned, prefixes.account];

function isTheirs(tag: string): boolean {
  return !ofAdopted.some((prefix) => tag.startsWith(prefix));
}

/** The tags without the one that `pinTag` makes. */
export function withoutPin(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !tag.startsWith(prefixes.pinned));
}
