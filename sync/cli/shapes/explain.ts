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
  region: text.optional().describe('region of the address; absent: not known'),
  zoneId: text.optional().describe('zone id of the address; absent: not known'),
});

const endpoint = z
  .strictObject({
    id: text.describe("the provider's own id"),
    domain: text.optional().describe('claimed domain; absent: not readable from the tags'),
    scopeId: text.describe('scope of the endpoint'),
    said: text.describe('origin of the claim: a tag, or a source'),
    isListed: z
      .boolean()
      .describe('whether the scope lists the endpoint; false: only targets in the control plane name it'),
    state: text.optional().describe("state in AWS's words; absent: not listed, or not reported"),
    reason: text.optional().describe("AWS's own words about the state"),
    serviceName: text.optional().describe('the endpoint service'),
    vpcId: text.optional().describe('VPC of the endpoint'),
    protocol: text.optional().describe('protocol of the provider'),
    host: text.optional().describe('Host header and TLS server name'),
    paths: z.array(text).describe('claimed paths'),
    weight: number.optional().describe('share of the requests'),
    addresses: z.array(place).describe('addresses of the endpoint'),
    quarantined: z
      .strictObject({
        code: z.enum(quarantineCodes).describe('stable'),
        reason: text.describe('reason of the quarantine'),
        fix: text.describe('fix for the owner of the endpoint'),
      })
      .optional()
      .describe('absent: not in quarantine'),
  })
  .meta({ id: 'explained endpoint' });

const absence = z.strictObject({
  endpointId: text.optional().describe('for a target that is a name: one of its endpoints'),
  count: number.describe('number of observations without the endpoint'),
  of: number.describe('number of observations before the removal'),
  seconds: number.describe('duration of the absence in seconds'),
  ofSeconds: number.describe('duration before the removal in seconds'),
});

const fate = z
  .strictObject({
    kind: kind.describe("Kong's kind"),
    key: text.describe('natural name, as in `entity`'),
    domain: text.describe('domain of the entity'),
    id: text.optional().describe('id in the control plane; absent: the entity neither exists nor is planned'),
    isHeld: z.boolean().describe('whether the control plane holds the entity'),
    does: z.enum(['create', 'update', 'delete', 'nothing']).describe('effect of the pass on the entity'),
    reason: text.optional().describe('reason of the change, or reason why the entity stays'),
    blocked: z
      .strictObject({
        by: z.enum(obstacles).describe('`window`: a worker collects changes; `blind`: AWS refuses every scope'),
        would: action.describe('the planned change'),
        reason: text.describe('reason why the change does not happen now'),
      })
      .optional()
      .describe('planned change that is not written'),
    absences: z.array(absence).optional().describe('progress towards a removal by absence'),
    came: z
      .strictObject({
        outcome: z.enum(['applied', 'failed', 'skipped']).describe('outcome of the change'),
        error: text.optional().describe('reason of a failed or skipped change'),
      })
      .optional()
      .describe("result in the worker's last pass"),
  })
  .meta({ id: 'explained entity' });

const pick = z
  .strictObject({
    by: z.enum(['upstream', 'plugin', 'resolver']).describe("the decider: Kong's balancer, the plugin or the resolver"),
    zoneId: text.optional().describe('zone of the data plane; absent: any zone'),
    upstream: text.optional().describe('upstream of the targets'),
    targets: z
      .array(
        z.strictObject({
          address: place.shape.address,
          zoneId: place.shape.zoneId,
          endpointId: text.optional().describe('endpoint of the address; absent: several endpoints'),
          percent: number.describe('share of the requests in percent, while all targets are healthy'),
        }),
      )
      .describe('picked addresses'),
  })
  .meta({ id: 'explained pick' });

const domain = z
  .strictObject({
    domain: text.describe('the domain; empty: an endpoint without a readable domain'),
    endpoints: z.array(endpoint).describe('endpoints that claim the domain, or match the question'),
    others: z
      .array(
        z.strictObject({
          domain: text.describe('another domain'),
          endpointId: text.describe('endpoint of the other domain'),
          path: text.describe('claimed path'),
        }),
      )
      .describe('other domains that claim a path of this domain, or a path above or below it'),
    entities: z.array(fate).describe('held and desired entities'),
    kept: z.array(kept).describe('other held entities that stay'),
    publications: z.array(publication).describe('Cloud Map services'),
    picks: z.array(pick).describe('destinations of requests'),
  })
  .meta({ id: 'explained domain' });

const route = z
  .strictObject({
    name: text.describe('name of the route, or its id'),
    id: text.describe('id in the control plane'),
    path: text.optional().describe('matching path; absent: the route matches every path'),
    service: text.optional().describe('service of the route'),
    domain: text.optional().describe('domain of the service; absent: the service is not of this product'),
    owner: text.optional().describe('owner of the generated route; absent: people wrote it'),
    answers: text.optional().describe('answer of the route in place of forwarding the request'),
  })
  .meta({ id: 'explained route' });

const routing = z
  .strictObject({
    isOfAll: z.boolean().describe('whether routes of people are known too'),
    route: route.optional().describe('route that takes the request; absent: no certain route'),
    rule: z.enum(rules).optional().describe('rule of Kong that puts the route before `next`'),
    next: route.optional().describe('route that would take the request otherwise'),
    documented: route.optional().describe("route by the order of Kong's documentation, where it differs"),
    perhaps: z
      .array(z.strictObject({ route: route.describe('the route'), reason: text.describe('the open question') }))
      .describe('routes that would come first if they match; explain cannot tell whether they match'),
  })
  .meta({ id: 'explained routing' });

/** Output of `explain --json` for one control plane, and the answer of a worker. */
export const explained = z
  .strictObject({
    question: text.describe('the question'),
    isKnown: z.boolean().describe('whether something was found'),
    nearest: z.array(text).describe('similar names, where nothing was found'),
    seen: z
      .strictObject({
        by: z.enum(['command', 'worker']).describe('reader of the data'),
        at: text.describe('time of the reading, in ISO 8601'),
        ageMs: number.describe('age of the data in milliseconds'),
      })
      .describe('origin of the answer'),
    owner: text.describe('owner of the written entities'),
    stage: text.optional().describe('name of the stage; absent: the only control plane'),
    controlPlane: text.describe('the control plane, for people'),
    pinned: z
      .strictObject({
        revision: text.describe('revision of the pin'),
        newest: text.describe('revision without the pin'),
      })
      .optional()
      .describe('absent: the control plane follows the configuration'),
    waits: waits.optional().describe('absent: the stage waits for no other stage'),
    refused: text.optional().describe('reason why policy refuses the whole plan'),
    scopes: z.array(scope).describe('scopes of the answer, and all unknown scopes'),
    routing: routing.optional().describe('for a request: its current route'),
    routingNext: routing.optional().describe('for a request: its route after the next pass, where it differs'),
    domains: z.array(domain).describe('answers by domain'),
    warnings: z.array(text).describe('warnings for people'),
  })
  .meta({ id: 'explain' });
