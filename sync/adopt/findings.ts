import { compareText } from '#core/addresses/targets';
import { formatProblem, isProblem } from '#core/errors';
import { type HeldEntity, nameOf } from '#deck/document';
import { isGenerated, selectTags } from '#deck/tags';
import type { SeenScope } from '#discovery/seen/model';
import type { Adoptable } from './adoptable';
import { assess, type PlaceLead } from './assess';
import { checkNamed, domainNamed, type Naming } from './domains';
import { type EndpointIndex, indexEndpoints, type Resolved } from './leads/endpoint-index';
import { isToResolve, leadOf } from './leads/lead';
import type { Others } from './managers';
import { type Place, type ServiceParts, servicePartsOf, unusedUpstreams } from './parts';
import { shareEndpoints } from './share-endpoints';

export type FindingsInput = {
  readonly owner: string;
  /** All entities of the control plane, whoever wrote them. */
  readonly held: readonly HeldEntity[];
  readonly scopes: readonly SeenScope[];
  /** The answers of DNS for `namesToResolve`, by name in lower case. */
  readonly resolved: ReadonlyMap<string, Resolved>;
  readonly others: Others;
  /** Domain names chosen by people; key: the name of the service. */
  readonly names: ReadonlyMap<string, string>;
};

export type Findings = {
  /** Ordered by domain. */
  readonly adoptable: readonly Adoptable[];
  /** Other entities that point at PrivateLink, and unanswered questions. */
  readonly notes: readonly string[];
};

type Resolving = Pick<FindingsInput, 'held' | 'scopes'> & { readonly alsoResolved?: readonly string[] };

/**
 * Returns the host names to ask DNS for, because no endpoint has them. The names are those of
 * services, of targets, and of `alsoResolved`.
 */
export function namesToResolve({ held, scopes, alsoResolved = [] }: Resolving): readonly string[] {
  const index = indexEndpoints(scopes, new Map());
  const parts = servicePartsOf(held);
  const places = [...parts, ...unusedUpstreams(held, parts)].flatMap((one) => one.places);
  const hosts = [...places.map(({ host }) => host), ...alsoResolved];
  return [...new Set(hosts.map((host) => host.toLowerCase()))].filter((host) => isToResolve(host, index)).sort();
}

/**
 * Finds people's services that point at PrivateLink. Throws PrivatelinkError when
 * `names` holds a service that does not exist.
 */
export function findAdoptable(input: FindingsInput): Findings {
  const { owner, names, others } = input;
  // The order of a control plane's list must not decide between two services of one name.
  const held = input.held.toSorted((a, b) => compareText(nameOf(a), nameOf(b)) || compareText(a.id, b.id));
  const index = indexEndpoints(input.scopes, input.resolved);
  const ownTags = selectTags(owner);
  const all = servicePartsOf(held);
  const theirs = all.filter(({ service }) => !isGenerated(service.tags, ownTags));
  checkNamed(
    names,
    theirs.map(({ service }) => service),
  );
  const pointing = theirs.map((parts) => ({ parts, leads: leadsOf(parts.places, index) })).filter(isPointing);
  // A domain with an upstream alone is waiting for the rest of its adoption.
  const isServing = (one: HeldEntity) => one.kind === 'service' && isGenerated(one.tags, ownTags);
  const taken = new Set(held.filter(isServing).map(({ domain }) => domain));
  const adoptable = named(pointing, { names, taken }).map(({ parts, leads, domain }) =>
    assess(parts, leads, { owner, domain, others }),
  );
  return {
    adoptable: shareEndpoints(adoptable, { names, taken }),
    notes: [...unusedNotes(held, all, index), ...unresolvedNotes(index)],
  };
}

function leadsOf(places: readonly Place[], index: EndpointIndex): readonly PlaceLead[] {
  return places.map((place) => ({ place, lead: leadOf(place.host, index) }));
}

type Pointing = { readonly parts: ServiceParts; readonly leads: readonly PlaceLead[] };

function isPointing({ leads }: Pick<Pointing, 'leads'>): boolean {
  return leads.some(({ lead }) => lead.to !== 'elsewhere');
}

/** People's choice comes first, then the tag of an endpoint, then the name of the service. */
function named(pointing: readonly Pointing[], { names, taken }: Naming) {
  const used = new Set(taken);
  const given = pointing.map(({ parts, leads }) => names.get(parts.service.key) ?? tagOf(leads));
  for (const domain of given) if (domain !== undefined) used.add(domain);
  return pointing.map((one, index) => {
    const domain = given[index] ?? domainNamed(one.parts.service, used);
    used.add(domain);
    return { ...one, domain };
  });
}

function tagOf(leads: readonly PlaceLead[]): string | undefined {
  return leads
    .flatMap(({ lead }) => (lead.to === 'endpoint' ? [lead.endpoint] : []))
    .map(({ tags, tagKeys }) => tags[tagKeys.domain]?.trim())
    .find(Boolean);
}

function unusedNotes(
  held: readonly HeldEntity[],
  all: readonly ServiceParts[],
  index: EndpointIndex,
): readonly string[] {
  return unusedUpstreams(held, all)
    .filter(({ places }) => isPointing({ leads: leadsOf(places, index) }))
    .map(
      ({ upstream }) => `upstream ${upstream.key} points at PrivateLink, but no service uses it; adopt leaves it alone`,
    );
}

function unresolvedNotes({ resolved }: EndpointIndex): readonly string[] {
  return [...resolved].flatMap(([name, said]) =>
    isProblem(said) ? [`cannot tell whether ${name} leads to PrivateLink: ${formatProblem(said)}`] : [],
  );
}
