import { compareText } from '#core/addresses/targets';
import type { Problem } from '#core/errors';
import type { Adopted } from '#core/model';
import { ownUpstreamOf } from '#deck/adopted';
import { type Document, type HeldEntity, nameOf } from '#deck/document';
import { adoptedDomainOf, adoptedTag, isGenerated, originsOf, selectTags } from '#deck/tags';
import type { Change } from '../../plan/changes';
import type { Adoptable } from '../adoptable';
import { fieldText } from '../parts';
import type { AdoptionRecord } from './record';

/** What is written down of an adoption before anything is changed. */
export function adoptionRecordOf(
  { domain, service, upstream, targets, routes, endpoints }: Omit<Adoptable, 'differences'>,
  { owner, controlPlane }: Pick<AdoptionRecord, 'owner' | 'controlPlane'>,
): AdoptionRecord {
  const adopted: Adopted = {
    service: service.key,
    ...(upstream && { upstream: upstream.key }),
    routes: routes.map(({ key }) => key),
  };
  return {
    owner,
    controlPlane,
    domain,
    adopted,
    endpoints: endpoints.map(({ id }) => id),
    entities: [service, ...(upstream ? [upstream] : []), ...targets, ...routes],
  };
}

/** The endpoints that people's names and addresses led to, and that have no target in their place: what stands for them is not replaced. */
export function unclaimedOf({ domain, endpoints }: AdoptionRecord, desired: Document): readonly string[] {
  const targets = desired.filter((one) => one.domain === domain && one.kind === 'target');
  const serving = new Set(targets.flatMap(({ tags }) => originsOf(tags).endpointIds));
  return endpoints.filter((id) => !serving.has(id));
}

/** The recorded entities as the control plane holds them now, and the recorded names that it does not hold any more. */
export function findRecorded({ entities }: AdoptionRecord, whole: readonly HeldEntity[]) {
  const byId = new Map(whole.map((one) => [one.id, one]));
  return {
    held: entities.flatMap(({ id }) => byId.get(id) ?? []),
    gone: entities.filter(({ id }) => !byId.has(id)).map(nameOf),
  };
}

/**
 * What a plan sees as held while people's entities are taken over: `ours`, and `theirs` as if they were of the domain already, but for the tags that
 * select, so that the plan writes these.
 */
export function heldWith(
  ours: readonly HeldEntity[],
  theirs: readonly HeldEntity[],
  domain: string,
): readonly HeldEntity[] {
  const known = new Set(ours.map(({ id }) => id));
  const taken = theirs.filter(({ id }) => !known.has(id));
  return [...ours, ...taken.map((one) => asTaken(one, domain))];
}

function asTaken(entity: HeldEntity, domain: string): HeldEntity {
  const tags = adoptedDomainOf(entity.tags) === domain ? entity.tags : [...entity.tags, adoptedTag(domain)];
  return { ...entity, domain, tags: [...tags].sort(compareText) };
}

/** The changes of a domain in the order in which no request is lost: what is new, then what leads there. */
export type Steps = {
  readonly creates: readonly Change[];
  readonly switches: readonly Change[];
  /** Targets that people wrote and whose addresses stand there by now; one that is ours already leaves as every other does, by evidence and policy. */
  readonly replaced: readonly Change[];
};

/** What a plan over `heldWith` writes for the domain. */
export function stepsOf(
  changes: readonly Change[],
  desired: Document,
  theirs: readonly HeldEntity[],
  { domain, owner }: Pick<AdoptionRecord, 'domain' | 'owner'>,
): Steps {
  const own = changes.filter((one) => one.domain === domain);
  const wanted = new Set(desired.map(nameOf));
  const ownTags = selectTags(owner);
  const isLeft = (one: HeldEntity) => one.kind === 'target' && !wanted.has(nameOf(one));
  const upstreams = new Map(theirs.flatMap(({ kind, key, id }) => (kind === 'upstream' ? [[key, id] as const] : [])));
  return {
    creates: own.filter(({ action }) => action === 'create'),
    switches: own.filter(({ action }) => action === 'update'),
    replaced: theirs
      .filter((one) => isLeft(one) && !isGenerated(one.tags, ownTags))
      .map((one) => ({
        action: 'delete',
        kind: 'target',
        key: one.key,
        id: one.id,
        parentId: upstreams.get(one.parent ?? ''),
        domain,
        reason: 'the addresses of its endpoint stand in its place',
        isConfirmed: true,
        before: one,
      })),
  };
}

/** Why a service that people pointed elsewhere since it was recorded is not taken back from there. */
export function whyElsewhere(
  { domain, adopted, entities }: AdoptionRecord,
  theirs: readonly HeldEntity[],
): Problem | undefined {
  const isService = ({ kind }: HeldEntity) => kind === 'service';
  const [was, now] = [entities.find(isService), theirs.find(isService)].map((one) => fieldText(one?.fields.host));
  if (now === was || now === ownUpstreamOf(domain, { adopted })) return undefined;
  return {
    reason: `service ${adopted.service} leads to ${now} by now, and led to ${was} when it was looked at`,
    fix: `point it back, or take the record of domain ${domain} and domains.${domain}.adopted out of the files`,
  };
}

/** Why a domain cannot be taken over now, from what a plan over `heldWith` says; undefined: it can. */
export function whyNotNow({
  desired,
  quarantined,
  uncertainScopes,
  domain,
}: {
  readonly desired: Document;
  readonly quarantined: readonly (Problem & { readonly domain?: string; readonly endpointId: string })[];
  /** Scopes that are unknown. */
  readonly uncertainScopes: readonly string[];
  readonly domain: string;
}): Problem | undefined {
  const [refused] = quarantined.filter((one) => one.domain === domain);
  if (refused) return { reason: `endpoint ${refused.endpointId} is quarantined (${refused.reason})`, fix: refused.fix };
  const [scope] = uncertainScopes;
  if (scope !== undefined)
    return { reason: `scope ${scope} is unknown, and may hold endpoints of domain ${domain}`, fix: 'mend that first' };
  if (desired.some((one) => one.domain === domain && one.kind === 'target')) return undefined;
  return { reason: `no endpoint claims domain ${domain}`, fix: 'put the tags on its endpoints that adopt prints' };
}
