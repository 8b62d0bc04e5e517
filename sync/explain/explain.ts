import { compareText, ipOfAddress } from '#core/addresses/targets';
import { nameOf } from '#deck/document';
import { nameInParent } from '#deck/keys';
import { eachOriginOf } from '#deck/tags';
import { reportScope } from '../pass/report';
import type { DomainAnswer, EndpointAnswer, Explanation } from './answer';
import { endpointsIn, otherClaimsIn } from './endpoints';
import { type Fate, fatesOf } from './fates';
import { namesAlike } from './names-alike';
import { picksOf } from './picks';
import type { ExplainQuestion } from './question';
import type { FindPattern } from './routing/pattern';
import { routingsOf } from './routings';
import type { View } from './view';

export type ExplainOptions = {
  /** Zone id of a data plane. Absent: each zone with targets. */
  readonly zone?: string;
  /**
   * Searches with the patterns of routes. All views of a question share it, because its time limit
   * is one second in total.
   */
  readonly find?: FindPattern;
};

/** Parts of a view that are computed once for a question. */
type Known = { readonly view: View; readonly endpoints: readonly EndpointAnswer[]; readonly fates: readonly Fate[] };

/** Answers a question from one pass over one control plane. */
export function explain(question: ExplainQuestion, view: View, { zone, find }: ExplainOptions = {}): Explanation {
  const { planned, done, place, nowMs } = view;
  const { owner, stage, pinned, waits, refused, warnings } = done ?? planned.report;
  const known: Known = { view, endpoints: endpointsIn(view), fates: fatesOf({ ...view, policy: view.config.policy }) };
  const routings = question.is === 'request' ? routingsOf(question.request, view, find) : {};
  const domains = domainsOf(question, known, { ...routings, zone });
  const isKnown = domains.length > 0 || Boolean(routings.routing?.route ?? routings.routingNext?.route);
  const takenAtMs = planned.snapshot.takenAtMs;
  return {
    ...{ question: question.text, isKnown, nearest: isKnown ? [] : namesAlike(question, known) },
    seen: {
      by: done ? 'worker' : 'command',
      at: new Date(takenAtMs).toISOString(),
      ageMs: Math.max(0, nowMs - takenAtMs),
    },
    ...{ owner, stage, controlPlane: place, pinned, waits, refused },
    scopes: scopesOf(domains, view),
    ...routings,
    ...{ domains, warnings },
  };
}

type Asking = ReturnType<typeof routingsOf> & ExplainOptions;

function domainsOf(question: ExplainQuestion, known: Known, asking: Asking): readonly DomainAnswer[] {
  if (question.is === 'address') return ofAddress(question, known);
  if (question.is === 'request') return ofRequest(known, asking);
  const { text } = question;
  const isOfIt = (one: { readonly domain?: string }) => one.domain === text;
  const { endpoints, fates } = known;
  const { publications = [], quarantined } = known.view.planned.report;
  if ([endpoints, fates, publications, quarantined].some((list) => list.some(isOfIt)))
    return [wholeDomain(text, known, asking.zone)];
  return ofEndpoint(text, known);
}

/** Returns everything about a domain. */
function wholeDomain(domain: string, { view, endpoints, fates }: Known, zone?: string): DomainAnswer {
  const { report } = view.planned;
  const entities = fates.filter((one) => one.domain === domain);
  const keys = new Set(entities.map((one) => one.key));
  return {
    domain,
    endpoints: endpoints.filter((one) => one.domain === domain),
    others: otherClaimsIn(domain, endpoints),
    entities,
    kept: report.kept.filter((one) => one.domain === domain && !keys.has(one.key)),
    publications: (view.done ?? report).publications?.filter((one) => one.domain === domain) ?? [],
    picks: picksOf(domain, view, zone),
  };
}

/** Returns the domains behind the current route, and behind the route after the next pass. */
function ofRequest(known: Known, { routing, routingNext, zone }: Asking): readonly DomainAnswer[] {
  const found = [routing?.route?.domain, routingNext?.route?.domain].flatMap((one) => one ?? []);
  return [...new Set(found)].map((domain) => wholeDomain(domain, known, zone));
}

/**
 * Returns the parts of each domain with the address. Several networks may have the same address.
 */
function ofAddress({ ip, port }: Extract<ExplainQuestion, { is: 'address' }>, known: Known): readonly DomainAnswer[] {
  const isIt = (address: string) => ipOfAddress(address) === ip && (port === undefined || address.endsWith(`:${port}`));
  return partsOfDomains(known, {
    isEndpoint: ({ addresses }) => addresses.some(({ address }) => isIt(address)),
    isEntity: ({ kind, key }) => kind === 'target' && isIt(nameInParent(key)),
  });
}

/** Returns an endpoint, by id or name, and the targets that name it. */
function ofEndpoint(text: string, known: Known): readonly DomainAnswer[] {
  const { held, plan, snapshot } = known.view.planned;
  const ids = new Set([text, ...idsOfName(text, snapshot)]);
  const named = new Set(
    [...held, ...plan.desired]
      .filter(({ kind, tags }) => kind === 'target' && eachOriginOf(tags).some(({ endpointId }) => ids.has(endpointId)))
      .map(nameOf),
  );
  return partsOfDomains(known, {
    isEndpoint: ({ id }) => ids.has(id),
    isEntity: (fate) => named.has(nameOf(fate)),
  });
}

function idsOfName(name: string, { scopes }: View['planned']['snapshot']): readonly string[] {
  const all = scopes.flatMap(
    (state) => (state.status === 'known' ? state : state.lastGood)?.discovered.endpoints ?? [],
  );
  return all.filter(({ dnsNames }) => dnsNames.includes(name)).map(({ id }) => id);
}

type Which = {
  readonly isEndpoint: (endpoint: EndpointAnswer) => boolean;
  readonly isEntity: (fate: Fate) => boolean;
};

function partsOfDomains({ endpoints, fates }: Known, { isEndpoint, isEntity }: Which): readonly DomainAnswer[] {
  const own = endpoints.filter(isEndpoint);
  const entities = fates.filter(isEntity);
  const names = [...new Set([...own.map(({ domain = '' }) => domain), ...entities.map(({ domain }) => domain)])];
  return names.sort(compareText).map((domain) => ({
    domain,
    endpoints: own.filter((one) => (one.domain ?? '') === domain),
    entities: entities.filter((one) => one.domain === domain),
    ...{ others: [], kept: [], publications: [], picks: [] },
  }));
}

/** Returns the scopes of the answer, and all unknown scopes, which may hold the match. */
function scopesOf(domains: readonly DomainAnswer[], { planned: { snapshot } }: View) {
  const named = new Set(domains.flatMap(({ endpoints }) => endpoints.map(({ scopeId }) => scopeId)));
  return snapshot.scopes
    .filter((state) => named.has(state.scope.id) || state.status === 'unknown')
    .map((state) => reportScope(state, snapshot.takenAtMs));
}
