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

/** Returns the record of an adoption. It is written before any change. */
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

/** Returns recorded endpoints without a desired target. People's targets for them must stay. */
export function unclaimedOf({ domain, endpoints }: AdoptionRecord, desired: Document): readonly string[] {
  const targets = desired.filter((one) => one.domain === domain && one.kind === 'target');
  const serving = new Set(targets.flatMap(({ tags }) => originsOf(tags).endpointIds));
  return endpoints.filter((id) => !serving.has(id));
}

/** Returns the recorded entities in their present form, and the names of missing entities. */
export function findRecorded({ entities }: AdoptionRecord, whole: readonly HeldEntity[]) {
  const byId = new Map(whole.map((one) => [one.id, one]));
  return {
    held: entities.flatMap(({ id }) => byId.get(id) ?? []),
    gone: entities.filter(({ id }) => !byId.has(id)).map(nameOf),
  };
}

/**
 * Returns the held entities for the plan of a takeover: `ours`, and `theirs` as if they already
 * belonged to the domain. `theirs` lack the select tags, so that the plan writes these tags.
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

/**
 * The changes of a domain in the order that loses no request: new entities, then their references.
 */
export type Steps = {
  readonly creates: readonly Change[];
  readonly switches: readonly Change[];
  /** People's targets that new addresses replace. Our own targets leave by evidence and policy. */
  readonly replaced: readonly Change[];
};

/** Returns the domain's changes in a plan over `heldWith`. */
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
        reason: 'the addresses of its endpoint replace it',
        isConfirmed: true,
        before: one,
      })),
  };
}

/** Returns a problem when people pointed the service elsewhere after the record was written. */
export function whyElsewhere(
  { domain, adopted, entities }: AdoptionRecord,
  theirs: readonly HeldEntity[],
): Problem | undefined {
  const isService = ({ kind }: HeldEntity) => kind === 'service';
  const [was, now] = [entities.find(isService), theirs.find(isService)].map((one) => fieldText(one?.fields.host));
  if (now === was || now === ownUpstreamOf(domain, { adopted })) return undefined;
  return {
    reason: `service ${adopted.service} leads to ${now} now, but led to ${was} when adopt recorded it`,
    fix: `point it back, or remove the record of domain ${domain} and domains.${domain}.adopted from the files`,
  };
}

/**
 * Returns the reason why a plan over `heldWith` cannot take a domain over now; undefined: it can.
 */
export function whyNotNow({
  desired,
  quarantined,
  uncertainScopes,
  domain,
}: {
  readonly desired: Document;
  readonly quarantined: readonly (Problem & { readonly domain?: string; readonly endpointId: string })[];
  /** Unknown scopes. */
  readonly uncertainScopes: readonly string[];
  readonly domain: string;
}): Problem | undefined {
  const [refused] = quarantined.filter((one) => one.domain === domain);
  if (refused) return { reason: `endpoint ${refused.endpointId} is quarantined (${refused.reason})`, fix: refused.fix };
  const [scope] = uncertainScopes;
  if (scope !== undefined)
    return {
      reason: `scope ${scope} is unknown, and may hold endpoints of domain ${domain}`,
      fix: 'make the scope readable first',
    };
  if (desired.some((one) => one.domain === domain && one.kind === 'target')) return undefined;
  return { reason: `no endpoint claims domain ${domain}`, fix: 'put the tags that adopt prints on its endpoints' };
}
