import { z } from 'zod';
import { quarantineCodes } from '#core/model';
import { obstacles } from '../../explain/fates';
import { rules } from '../../explain/routing/priority';
import { kept, publication, scope } from './parts';
import { waits } from './rollout';

const text = z.string();
const number = z.number();
const kind = z.enum(['upstream', 'target', 'service', 'route', 'plugin']);
const action = z.enum(['create', 'update', 'delete']);

const place = z.strictObject({
  address: text.describe('`ip:port`, or a name'),
  region: text.optional().describe('absent: not known'),
  zoneId: text.optional().describe('absent: not known'),
});

const endpoint = z
  .strictObject({
    id: text.describe("the provider's own id"),
    domain: text.optional().describe('the domain that it claims; absent: that cannot be told'),
    scopeId: text.describe('the scope that has it'),
    said: text.describe('where the claim stands: which tag, or which source'),
    isListed: z.boolean().describe('whether its scope lists it; else targets of the control plane name it'),
    state: text.optional().describe("AWS's word; absent: not listed, or not told"),
    reason: text.optional().describe("AWS's own words about the state"),
    serviceName: text.optional().describe('the endpoint service'),
    vpcId: text.optional().describe('the VPC that it is in'),
    protocol: text.optional().describe('what the provider speaks'),
    host: text.optional().describe('Host header and TLS server name'),
    paths: z.array(text).describe('paths that it claims'),
    weight: number.optional().describe('share of the requests'),
    addresses: z.array(place).describe('its addresses'),
    quarantined: z
      .strictObject({
        code: z.enum(quarantineCodes).describe('stable'),
        reason: text.describe('why'),
        fix: text.describe('what its owner can do'),
      })
      .optional()
      .describe('absent: it is routed to'),
  })
  .meta({ id: 'explained endpoint' });

const absence = z.strictObject({
  endpointId: text.optional().describe('of a target that is a name: of which of its endpoints'),
  count: number.describe('observations that missed it'),
  of: number.describe('how many there have to be'),
  seconds: number.describe('for how long'),
  ofSeconds: number.describe('how long that has to be'),
});

const fate = z
  .strictObject({
    kind: kind.describe("Kong's kind"),
    key: text.describe('its natural name, as in `entity`'),
    domain: text.describe('the domain that it is for'),
    id: text.optional().describe('its id in the control plane; absent: it is not there, and is not to be'),
    isHeld: z.boolean().describe('whether the control plane holds it'),
    does: z.enum(['create', 'update', 'delete', 'nothing']).describe('what the pass does to it'),
    reason: text.optional().describe('why it is written, or stays although nothing asks for it'),
    blocked: z
      .strictObject({
        by: z.enum(obstacles).describe('`window`: a worker collects changes; `blind`: AWS refuses every scope'),
        would: action.describe('what is planned'),
        reason: text.describe('why not now'),
      })
      .optional()
      .describe('what is planned and not written'),
    absences: z.array(absence).optional().describe('how far it is from being removed as absent'),
    came: z
      .strictObject({
        outcome: z.enum(['applied', 'failed', 'skipped']).describe('what became of the change'),
        error: text.optional().describe('why it failed or was skipped'),
      })
      .optional()
      .describe("of a worker's last pass"),
  })
  .meta({ id: 'explained entity' });

const pick = z
  .strictObject({
    by: z.enum(['upstream', 'plugin', 'resolver']).describe("what decides: Kong's balancer, the plugin, the resolver"),
    zoneId: text.optional().describe('of the data plane; absent: wherever it is'),
    upstream: text.optional().describe('the upstream whose targets these are'),
    targets: z
      .array(
        z.strictObject({
          address: place.shape.address,
          zoneId: place.shape.zoneId,
          endpointId: text.optional().describe('absent: of several'),
          percent: number.describe('of the requests, while all targets are well'),
        }),
      )
      .describe('what is picked'),
  })
  .meta({ id: 'explained pick' });

const domain = z
  .strictObject({
    domain: text.describe('the domain; empty: of an endpoint whose domain cannot be told'),
    endpoints: z.array(endpoint).describe('who claims it, or is of what was asked for'),
    others: z
      .array(
        z.strictObject({
          domain: text.describe('another domain'),
          endpointId: text.describe('its endpoint'),
          path: text.describe('the path that it claims'),
        }),
      )
      .describe('other domains with a path of this one, or one above or below it'),
    entities: z.array(fate).describe('what the control plane holds or shall hold'),
    kept: z.array(kept).describe('what else is held and stays'),
    publications: z.array(publication).describe('services of Cloud Map'),
    picks: z.array(pick).describe('where requests go'),
  })
  .meta({ id: 'explained domain' });

const route = z
  .strictObject({
    name: text.describe('its name, or its id'),
    id: text.describe('in the control plane'),
    path: text.optional().describe('the path by which it takes the request; absent: it takes every one'),
    service: text.optional().describe('where it leads'),
    domain: text.optional().describe('the domain of that; absent: none of ours'),
    owner: text.optional().describe('for whom it was generated; absent: people wrote it'),
    answers: text.optional().describe('what it does in place of passing the request on'),
  })
  .meta({ id: 'explained route' });

const routing = z
  .strictObject({
    isOfAll: z.boolean().describe("whether people's routes are known as well"),
    route: route.optional().describe('what takes the request; absent: no route is sure to'),
    rule: z.enum(rules).optional().describe('by which rule of Kong it comes before `next`'),
    next: route.optional().describe('what would take it else'),
    documented: route.optional().describe("what takes it in the order of Kong's documentation, where that is another"),
    perhaps: z
      .array(z.strictObject({ route: route.describe('the route'), reason: text.describe('what is not known') }))
      .describe('routes that would come first, of which nobody can tell whether they take it'),
  })
  .meta({ id: 'explained routing' });

/** What `explain --json` prints for one control plane; also what a worker answers. */
export const explained = z
  .strictObject({
    question: text.describe('what was asked'),
    isKnown: z.boolean().describe('whether anybody has it'),
    nearest: z.array(text).describe('names that are alike, where nobody has it'),
    seen: z
      .strictObject({
        by: z.enum(['command', 'worker']).describe('who read it'),
        at: text.describe('when, in ISO 8601'),
        ageMs: number.describe('how long ago'),
      })
      .describe('whose view it is'),
    owner: text.describe('the owner of what is written'),
    stage: text.optional().describe('of several control planes, which one'),
    controlPlane: text.describe('the control plane, for people'),
    pinned: z
      .strictObject({
        revision: text.describe('what it is pinned to'),
        newest: text.describe('what it would run else'),
      })
      .optional()
      .describe('absent: it follows the configuration'),
    waits: waits.optional().describe('absent: it waits for no other stage'),
    refused: text.optional().describe('why policy refuses the plan as a whole'),
    scopes: z.array(scope).describe('those of the answer, and all that are unknown'),
    routing: routing.optional().describe('of a request: what takes it now'),
    routingNext: routing.optional().describe('what takes it after the next pass, where that is another'),
    domains: z.array(domain).describe('what is known of it, by domain'),
    warnings: z.array(text).describe('what else people should know'),
  })
  .meta({ id: 'explain' });
