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
  /** Everything that the control plane holds, of all people. */
  readonly held: readonly HeldEntity[];
  readonly scopes: readonly SeenScope[];
  /** What DNS says of `namesToResolve`, in lower case. */
  readonly resolved: ReadonlyMap<string, Resolved>;
  readonly others: Others;
  /** Domains by the name of the service, as people say. */
  readonly names: ReadonlyMap<string, string>;
};

export type Findings = {
  /** By domain. */
  readonly adoptable: readonly Adoptable[];
  /** What points at PrivateLink besides, and what could not be told. */
  readonly notes: readonly string[];
};

type Resolving = Pick<FindingsInput, 'held' | 'scopes'> & { readonly alsoResolved?: readonly string[] };

/** Names of hosts and targets, and of hosts that are asked for besides, for which DNS has to be asked, since no endpoint has them. */
export function namesToResolve({ held, scopes, alsoResolved = [] }: Resolving): readonly string[] {
  const index = indexEndpoints(scopes, new Map());
  const parts = servicePartsOf(held);
  const places = [...parts, ...unusedUpstreams(held, parts)].flatMap((one) => one.places);
  const hosts = [...places.map(({ host }) => host), ...alsoResolved];
  return [...new Set(hosts.map((host) => host.toLowerCase()))].filter((host) => isToResolve(host, index)).sort();
}

/** Finds what people wrote by hand and what points at PrivateLink. Throws PrivatelinkError for a name of `names` that no service has. */
export function findAdoptable(input: FindingsInput): Findings {
  const { owner, names, others } = input;
  // Control planes list in an order of their own, and where two would have one name it must not decide.
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
  // An upstream alone is there while a domain waits for its adoption to go on.
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

/** What people say comes first, then the tag of an endpoint, then the name of the service. */
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
      ({ upstream }) => `upstream ${upstream.key} points at PrivateLink, and no service leads to it: it is left alone`,
    );
}

function unresolvedNotes({ resolved }: EndpointIndex): readonly string[] {
  return [...resolved].flatMap(([name, said]) =>
    isProblem(said) ? [`whether ${name} leads to PrivateLink is not known: ${formatProblem(said)}`] : [],
  );
}
