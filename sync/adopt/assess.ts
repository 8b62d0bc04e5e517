import { dispositionOf } from '#core/endpoint-states';
import { isProblem, type Problem } from '#core/errors';
import type { Endpoint, Protocol } from '#core/model';
import { isProtocol } from '#core/protocols';
import { admittedWith } from '#discovery/seen/judge';
import type { SeenEndpoint } from '#discovery/seen/model';
import type { Adoptable, Difference, TagsByEndpoint } from './adoptable';
import {
  byEndpoint,
  coverageDifference,
  type Leading,
  type Led,
  spreadDifference,
  targetChanges,
  weightDifferences,
  weightOf,
} from './changes/coverage';
import { type Hosting, hostingOf } from './changes/hosts';
import { changesOf, keepsOf, keptFindingsOf } from './changes/kept';
import { missingTags, pathTagOf } from './changes/tags';
import type { Lead } from './leads/lead';
import { type Others, whyManaged } from './managers';
import { fieldText, type Place, type ServiceParts } from './parts';

export type PlaceLead = { readonly place: Place; readonly lead: Lead };

type AssessOptions = {
  readonly owner: string;
  readonly domain: string;
  readonly others: Others;
};

/** Assesses the takeover of a service with places that lead to PrivateLink. */
export function assess(parts: ServiceParts, leads: readonly PlaceLead[], options: AssessOptions): Adoptable {
  const { places: _, ...own } = parts;
  const endpoints = endpointsOf(leads);
  const bare = { ...own, domain: options.domain, endpoints, tags: {}, changes: [], differences: [] };
  const told = { keeps: keepsOf(parts), findings: keptFindingsOf(parts, leads) };
  const plan = whyNot(parts, leads, options) ?? planFor(parts, leads.filter(isLed), options);
  if (isProblem(plan)) return { ...bare, ...told, refused: plan };
  return { ...bare, ...told, ...plan, findings: [...told.findings, ...plan.findings] };
}

function isLed(one: PlaceLead): one is Led {
  return one.lead.to === 'endpoint';
}

function endpointsOf(leads: readonly PlaceLead[]): readonly SeenEndpoint[] {
  const found = leads.flatMap(({ lead }) =>
    lead.to === 'endpoint' ? [lead.endpoint] : lead.to === 'unclear' ? lead.endpoints : [],
  );
  return [...new Set(found)];
}

/** Returns the obstacle that makes planning pointless; undefined: none. */
function whyNot(
  { service, upstream, targets, routes }: ServiceParts,
  leads: readonly PlaceLead[],
  { others, owner }: AssessOptions,
) {
  const managed = whyManaged([service, ...(upstream ? [upstream] : []), ...targets, ...routes], others);
  if (managed) return managed;
  const protocol = protocolOf(service);
  if (protocol === undefined) return wrongProtocol(service.key, fieldText(service.fields.protocol));
  const unclear = leads.flatMap(({ lead }) => (lead.to === 'unclear' ? [lead.problem] : []))[0];
  if (unclear) return unclear;
  const foreign = leads.filter(({ lead }) => lead.to === 'elsewhere');
  if (foreign.length > 0) return foreignTargets(upstream?.key ?? service.key, foreign);
  return byEndpoint(leads.filter(isLed))
    .map((leading) => whyUnfit(leading, owner))
    .find(Boolean);
}

export function protocolOf({ fields }: ServiceParts['service']): Protocol | undefined {
  const protocol = fieldText(fields.protocol) || 'http';
  return isProtocol(protocol) ? protocol : undefined;
}

/** Returns the reason why no domain can use the endpoint now; undefined: a domain can. */
function whyUnfit({ endpoint, led }: Leading, owner: string): Problem | undefined {
  const { id, state, type, problem, tags, tagKeys } = endpoint;
  if (problem) return { reason: `endpoint ${id} is uncertain: ${problem.reason}`, fix: problem.fix };
  if (type !== 'Interface' && type !== 'Resource')
    return {
      reason: `${id} is a VPC endpoint of type ${type}, which is not routed to`,
      fix: 'leave the service as it is',
    };
  if (dispositionOf(state) === 'remove')
    return {
      reason: `endpoint ${id} is ${state}`,
      fix: 'recreate the endpoint and point the service at it, or remove the service',
    };
  if (dispositionOf(state) === 'hold')
    return { reason: `endpoint ${id} is ${state}`, fix: 'run the command again when the endpoint is available' };
  const gateway = tags[tagKeys.gateway];
  if (gateway !== undefined && gateway !== owner)
    return {
      reason: `tag ${tagKeys.gateway} of endpoint ${id} is ${gateway}`,
      fix: `set the tag to ${owner}, or leave the endpoint to ${gateway}`,
    };
  const ports = [...new Set(led.map(({ place }) => place.port))];
  if (ports.length === 1) return undefined;
  const reason = `endpoint ${id} is used at ports ${ports.join(' and ')}, but its tags can name only one port`;
  return { reason, fix: 'give each port an upstream and an endpoint of its own' };
}

type AdoptionPlan = Pick<Adoptable, 'tags' | 'changes' | 'differences' | 'findings'>;

function planFor(parts: ServiceParts, led: readonly Led[], { owner, domain }: AssessOptions): AdoptionPlan | Problem {
  const protocol = protocolOf(parts.service) ?? 'http';
  const leadings = byEndpoint(led);
  const fallback = leadings[0]?.endpoint.dnsNames[0];
  const hosting = hostingOf({ ...parts, domain, protocol, fallback });
  if (isProblem(hosting)) return hosting;
  const path = pathTagOf(parts, protocol);
  const tagged = leadings.map((leading) => {
    const { endpoint, led: own } = leading;
    const port = own[0]?.place.port ?? 80;
    const weight = weightOf(leading);
    const tags = missingTags(endpoint, { domain, protocol, port, host: hosting.host, path, weight });
    return { ...leading, tags, admitted: admittedWith(endpoint, tags, owner) };
  });
  const refused = tagged.map(({ admitted }) => admitted).find(isProblem);
  return refused ?? written({ parts, led, domain, hosting, tagged: tagged.filter(isAdmitted) });
}

type Tagged = Leading & { readonly tags: Readonly<Record<string, string>>; readonly admitted: Endpoint };

function isAdmitted(one: Leading & { readonly admitted: Endpoint | Problem }): one is Tagged {
  return !isProblem(one.admitted);
}

type Written = {
  readonly parts: ServiceParts;
  readonly led: readonly Led[];
  readonly domain: string;
  readonly hosting: Hosting;
  readonly tagged: readonly Tagged[];
};

function written({ parts, led, domain, hosting, tagged }: Written): AdoptionPlan {
  const tags: TagsByEndpoint = Object.fromEntries(tagged.map(({ endpoint, tags: own }) => [endpoint.id, own]));
  const differences: readonly Difference[] = [
    ...hosting.differences,
    ...tagged.flatMap((one) => [...coverageDifference(parts, one, one.admitted), ...weightDifferences(one)]),
    ...spreadDifference(parts, led),
  ];
  const targets = tagged.flatMap((one) => targetChanges(parts, one, one.admitted));
  return {
    tags,
    differences,
    changes: [...changesOf(parts, { domain, host: hosting.host, tagged }), ...targets],
    findings: hosting.findings,
  };
}

function wrongProtocol(service: string, protocol: string): Problem {
  return {
    reason: `service ${service} speaks ${protocol}, but domains speak http, https, grpc or grpcs`,
    fix: 'leave the service as it is',
  };
}

function foreignTargets(name: string, foreign: readonly PlaceLead[]): Problem {
  const named = foreign.map(({ place: { host, port }, lead }) => {
    const why = lead.to === 'elsewhere' && lead.problem ? ` (${lead.problem.reason})` : '';
    return `${host}:${port}${why}`;
  });
  return {
    reason: `${name} leads to ${named.join(', ')} too, and no known endpoint has this address`,
    fix: 'if it is not PrivateLink, give it an upstream of its own; if it is, add its account and region to a source',
  };
}
