import { z } from 'zod';

const text = z.string();
const texts = z.array(text);

const part = z
  .strictObject({
    status: z.enum(['known', 'unknown']).describe('`unknown`: AWS did not say, and what it said last is used'),
    ageMs: z.number().optional().describe('age of what is used: 0 when read in this pass; absent: never read'),
    code: text.optional().describe('of what is unknown: stable, as in `error.code`'),
    reason: text.optional().describe('of what is unknown: what failed and how to fix it'),
  })
  .meta({ id: 'part of a service' });

const service = z
  .strictObject({
    id: text.describe('the id of the endpoint service'),
    scopeId: text.describe('`contracts.<account>.<region>.<id>`'),
    account: text.describe('whose it is; `self`: that of the credentials in use'),
    region: text.describe('where it is'),
    domains: texts.optional().describe("the domains behind it; absent: it is the gateway's, which leads to all"),
    parts: z
      .strictObject({
        connections: part.optional().describe('who connects'),
        permissions: part.optional().describe('who may connect'),
        setup: part.optional().describe('its zones and load balancers'),
        health: part.optional().describe('the targets behind its load balancers; absent: nobody looked'),
      })
      .describe('what is known of it'),
  })
  .meta({ id: 'endpoint service' });

const connection = z
  .strictObject({
    serviceId: text.describe('the service that it is a connection to'),
    endpointId: text.describe('the endpoint of the consumer'),
    account: text.optional().describe('the AWS account of the endpoint; absent: AWS does not say'),
    consumer: text.optional().describe("whose it is; absent: nobody's in `contracts.consumers`"),
    state: text.describe("AWS's word: `pendingAcceptance`, `available`, …"),
    mayCall: texts.describe('the domains that it may call; none: it is not contracted'),
    mode: z
      .enum(['observe', 'enforce'])
      .optional()
      .describe(
        "what the configuration wants for requests that it may not make; absent: the service is a provider's own",
      ),
    sinceMs: z.number().optional().describe('when the endpoint was made, in milliseconds since 1970'),
    region: text.optional().describe('the region of the endpoint'),
    misfit: text.optional().describe("why AWS's item could not be read but for its id"),
  })
  .meta({ id: 'connection' });

const contractFinding = z
  .strictObject({
    code: text.describe('stable: `pending-contracted`, `accepted-uncontracted`, `principal-unused`, …'),
    serviceId: text.describe('the service that it is about'),
    endpointId: text.optional().describe('the endpoint that it is about'),
    principal: text.optional().describe('the principal that it is about'),
    consumer: text.optional().describe('the consumer that it is about'),
    account: text.optional().describe('the account that it is about'),
    reason: text.describe('what is wrong'),
    fix: text.describe('what can be done'),
  })
  .meta({ id: 'contract finding' });

const action = z
  .strictObject({
    action: z
      .enum(['allow', 'accept', 'reject', 'disallow'])
      .describe('`accept` and `reject` a connection, `allow` and `disallow` a principal'),
    serviceId: text.describe('the service'),
    scopeId: text.describe('as in `endpoint service`'),
    endpointId: text.optional().describe('the endpoint of the connection'),
    principal: text.optional().describe('the principal'),
    account: text.optional().describe('whose endpoint or principal it is'),
    consumer: text.optional().describe("whose it is; absent: nobody's in the contract"),
    reason: text.describe('why, for people'),
  })
  .meta({ id: 'contract action' });

const applied = z
  .strictObject({
    action: action.describe('what was to be done'),
    outcome: z.enum(['applied', 'failed', 'skipped']).describe('what became of it'),
    error: text.optional().describe("why it failed or was skipped; AWS's own words where it says why"),
    isTransient: z.boolean().optional().describe('trying again may help'),
    code: text.optional().describe('stable, as in `error.code`'),
  })
  .meta({ id: 'applied contract action' });

/** What is seen of the services. */
export const contractsSeen = {
  services: z.array(service).describe('the endpoint services of `contracts`, as the configuration lists them'),
  connections: z.array(connection).describe('who connects, as last known'),
  findings: z.array(contractFinding).describe('what the contract says otherwise, or what keeps a consumer out'),
};

/** The same in a pass, with what it does about it. */
export const contractsPass = z
  .strictObject({
    ...contractsSeen,
    actions: z.array(action).describe('what is planned, in the order of doing it'),
    withheld: z
      .array(
        z
          .strictObject({
            reason: text.describe('why the brake acts'),
            actions: z.array(action).describe('what it holds back'),
          })
          .meta({ id: 'withheld contract actions' }),
      )
      .optional()
      .describe('absent: the brake holds nothing back'),
    applied: z.array(applied).optional().describe('what became of each action; absent: nothing was to be done'),
    leftOut: z.array(applied).optional().describe('`--plan`: actions that nobody approved'),
    unnecessary: z
      .array(action)
      .optional()
      .describe('`--plan`: approved actions that are not needed, or not right, any more'),
  })
  .meta({ id: 'contracts of a pass' });
