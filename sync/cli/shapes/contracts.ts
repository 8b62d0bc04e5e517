import { z } from 'zod';

const text = z.string();
const texts = z.array(text);

const part = z
  .strictObject({
    status: z.enum(['known', 'unknown']).describe('`unknown`: the part could not be read, and its last good is used'),
    ageMs: z.number().optional().describe('age of the used data: 0 when read in this pass; absent: never read'),
    code: text.optional().describe('for an unknown part: stable, as in `error.code`'),
    reason: text.optional().describe('for an unknown part: the failure and the fix'),
  })
  .meta({ id: 'part of a service' });

const service = z
  .strictObject({
    id: text.describe('the id of the endpoint service'),
    scopeId: text.describe('`contracts.<account>.<region>.<id>`'),
    account: text.describe('AWS account of the service; `self`: the account of the credentials in use'),
    region: text.describe('region of the service'),
    domains: texts
      .optional()
      .describe("domains behind the service; absent: the gateway's service, which leads to all domains"),
    parts: z
      .strictObject({
        connections: part.optional().describe('connections to the service'),
        permissions: part.optional().describe('allowed principals of the service'),
        setup: part.optional().describe('zones and load balancers of the service'),
        health: part.optional().describe('targets behind the load balancers; absent: not read'),
      })
      .describe('known and unknown parts of the service'),
  })
  .meta({ id: 'endpoint service' });

const connection = z
  .strictObject({
    serviceId: text.describe('id of the endpoint service'),
    endpointId: text.describe('id of the endpoint of the consumer'),
    account: text.optional().describe('AWS account of the endpoint; absent: AWS does not report it'),
    consumer: text.optional().describe('consumer of the connection; absent: no consumer in `contracts.consumers`'),
    state: text.describe("state in AWS's words: `pendingAcceptance`, `available`, …"),
    mayCall: texts.describe('domains that the consumer may call; none: no contract'),
    mode: z
      .enum(['observe', 'enforce'])
      .optional()
      .describe("configured mode for requests that the contract does not allow; absent: a provider's own service"),
    sinceMs: z.number().optional().describe('creation time of the endpoint, in milliseconds since 1970'),
    region: text.optional().describe('the region of the endpoint'),
    misfit: text.optional().describe("reason why only the id of AWS's item could be read"),
  })
  .meta({ id: 'connection' });

const contractFinding = z
  .strictObject({
    code: text.describe('stable: `pending-contracted`, `accepted-uncontracted`, `principal-unused`, …'),
    serviceId: text.describe('service of the finding'),
    endpointId: text.optional().describe('endpoint of the finding'),
    principal: text.optional().describe('principal of the finding'),
    consumer: text.optional().describe('consumer of the finding'),
    account: text.optional().describe('account of the finding'),
    reason: text.describe('the problem'),
    fix: text.describe('the fix'),
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
    account: text.optional().describe('account of the endpoint or principal'),
    consumer: text.optional().describe('consumer of the endpoint or principal; absent: no consumer in the contract'),
    reason: text.describe('reason, for people'),
  })
  .meta({ id: 'contract action' });

const applied = z
  .strictObject({
    action: action.describe('the planned action'),
    outcome: z.enum(['applied', 'failed', 'skipped']).describe('outcome of the action'),
    error: text
      .optional()
      .describe("reason of a failed or skipped action, in AWS's own words where AWS gives a reason"),
    isTransient: z.boolean().optional().describe('whether a retry may help'),
    code: text.optional().describe('stable, as in `error.code`'),
  })
  .meta({ id: 'applied contract action' });

/** The services of `contracts`, their connections and their findings. */
export const contractsSeen = {
  services: z.array(service).describe('the endpoint services of `contracts`, as the configuration lists them'),
  connections: z.array(connection).describe('connections, as last known'),
  findings: z
    .array(contractFinding)
    .describe('differences between AWS and the contract, and problems that keep a consumer out'),
};

/** Contracts in a pass, with its actions. */
export const contractsPass = z
  .strictObject({
    ...contractsSeen,
    actions: z.array(action).describe('planned actions, in order'),
    withheld: z
      .array(
        z
          .strictObject({
            reason: text.describe('reason of the brake'),
            actions: z.array(action).describe('withheld actions'),
          })
          .meta({ id: 'withheld contract actions' }),
      )
      .optional()
      .describe('absent: the brake withholds nothing'),
    applied: z.array(applied).optional().describe('outcome of each action; absent: nothing to do'),
    leftOut: z.array(applied).optional().describe('`--plan`: actions that the plan file does not approve'),
    unnecessary: z
      .array(action)
      .optional()
      .describe('`--plan`: approved actions that are no longer needed or no longer right'),
  })
  .meta({ id: 'contracts of a pass' });
