import { z } from 'zod';

/** Parts of the outputs of `--json`. Only docs/reference/outputs.md and tests read this file. */

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);
const ms = z.number();

export const observed = z
  .strictObject({
    scopeId: text.describe('scope that read the endpoint'),
    atMs: ms.describe('time of the reading, in milliseconds since 1970'),
    accountId: text.optional().describe('the AWS account that answered'),
  })
  .meta({ id: 'observed' });

const address = z.strictObject({
  ip: text.describe('IPv4 or IPv6'),
  region: text.describe('region of the address'),
  zoneId: text.optional().describe('zone id, such as use1-az1; absent: not known'),
});

export const seenEndpoint = z
  .strictObject({
    id: text.describe("the provider's own id, such as vpce-0f…"),
    scopeId: text.describe('scope of the endpoint'),
    domain: text.describe('claimed domain'),
    state: text.describe(
      "state in AWS's words: `available`, `pendingAcceptance`, `rejected`, …; `unlisted`: a state that this version does not know",
    ),
    reason: text.optional().describe("AWS's own words about the state"),
    createdAtMs: ms.describe('creation time, in milliseconds since 1970'),
    serviceName: text.optional().describe('the endpoint service'),
    vpcId: text.optional().describe('VPC of the endpoint'),
    protocol: z.enum(['http', 'https', 'grpc', 'grpcs']).describe('protocol of the provider'),
    port: count.describe("the provider's port"),
    host: text.optional().describe('Host header and TLS server name'),
    paths: texts.describe('requested paths; none: `/<domain>`'),
    grantedPaths: texts.describe('requested paths that `allow.paths` grants'),
    weight: count.describe('share of the requests'),
    dnsNames: texts.describe('DNS names of the endpoint'),
    addresses: z.array(address).describe('one address for each network interface'),
    observed: observed.optional().describe('for an endpoint from a snapshot: the original reading'),
  })
  .meta({ id: 'endpoint' });

export const quarantined = z
  .strictObject({
    endpointId: text.describe('id of the endpoint'),
    scopeId: text.describe('scope of the endpoint'),
    domain: text.optional().describe('claimed domain; absent: not readable from the tags'),
    state: text.optional().describe('as in `endpoint`'),
    code: text.describe('stable: `bad-tag`, `path-conflict`, `domain-not-allowed`, …'),
    reason: text.describe('reason, for people'),
    fix: text.describe('fix for the owner of the endpoint'),
    observed: observed.optional().describe('as in `endpoint`'),
  })
  .meta({ id: 'quarantined' });

export const finding = z
  .strictObject({
    code: text.describe(
      'stable: `zone-not-served`, `zone-without-interface`, `peering-not-active`, `overlapping-ranges`',
    ),
    scopeId: text.describe('scope of the finding'),
    endpointIds: texts.describe('endpoints of the finding'),
    reason: text.describe('problem of the networks'),
    fix: text.describe('the fix'),
  })
  .meta({ id: 'finding' });

export const scope = z
  .strictObject({
    id: text.describe('`<source>.<account>.<region>`'),
    status: z.enum(['known', 'unknown']).describe('`unknown`: the scope could not be read, and its last good is used'),
    endpoints: count.describe('number of used endpoints'),
    ageMs: ms.optional().describe('age of the used data: 0 when read in this pass; absent: never read'),
    code: text.optional().describe('for an unknown scope: stable, as in `error.code`'),
    reason: text.optional().describe('for an unknown scope: the failure and the fix'),
  })
  .meta({ id: 'scope' });

const entity = z
  .strictObject({
    kind: z.enum(['upstream', 'target', 'service', 'route', 'plugin']).describe("Kong's kind"),
    key: text.describe(
      'natural name: `<upstream>\\|<address>` for a target, `<service>\\|<name>` for a plugin, else the name',
    ),
    domain: text.describe('domain of the entity'),
    parent: text.optional().describe('key of the parent entity'),
    id: text.optional().describe('id in the control plane; absent: the control plane lacks the entity'),
    fields: z.record(text, z.json()).describe("Kong's own fields; possible passwords of a plugin are masked"),
    tags: texts.describe('tags, sorted'),
  })
  .meta({ id: 'entity' });

export const change = z
  .strictObject({
    action: z.enum(['create', 'update', 'delete']).describe('kind of write'),
    kind: entity.shape.kind,
    key: entity.shape.key,
    id: text.describe('id in the control plane, also before the create'),
    parentId: text.optional().describe('id of the parent entity'),
    domain: text.describe('domain of the entity'),
    reason: text.describe('reason, for people'),
    isConfirmed: z.boolean().optional().describe('for a delete: whether AWS itself says that the endpoint is gone'),
    before: entity.optional().describe('held entity; absent for a create'),
    after: entity.optional().describe('desired entity; absent for a delete'),
  })
  .meta({ id: 'change' });

export const applied = z
  .strictObject({
    change: change.describe('the planned change'),
    outcome: z.enum(['applied', 'failed', 'skipped']).describe('outcome of the change'),
    error: text.optional().describe('reason of a failed or skipped change'),
    isTransient: z.boolean().optional().describe('whether a retry may help'),
    code: text.optional().describe('stable, as in `error.code`'),
    retryAfterMs: ms.optional().describe('wait that the control plane asks for, in milliseconds'),
  })
  .meta({ id: 'applied' });

export const kept = z
  .strictObject({
    key: text.describe('key of the entity that stays, as in `entity`'),
    domain: text.describe('domain of the entity'),
    reason: text.describe('reason why the entity stays although discovery does not confirm it'),
    entry: text
      .optional()
      .describe('entry of `protect` that keeps the entity; absent: the entity stays for another reason'),
  })
  .meta({ id: 'kept' });

export const guarded = z
  .strictObject({
    entry: text.describe('domain or entity, as `protect` lists it'),
    domain: text.describe('domain of the entry'),
    changes: count.describe('number of planned changes; removals only of endpoints that AWS reports as gone for good'),
    kept: count.describe('number of entities that would leave without the entry'),
  })
  .meta({ id: 'protected' });

export const withheld = z
  .strictObject({
    reason: text.describe('reason of the brake'),
    changes: z.array(change).describe('withheld changes'),
  })
  .meta({ id: 'withheld' });

export const publication = z
  .strictObject({
    name: text.describe('Cloud Map service'),
    domain: text.describe('domain whose targets are the instances'),
    changes: z.array(change).describe('planned changes'),
    kept: z.array(kept).describe('instances that stay although discovery does not confirm them'),
    applied: z.array(applied).optional().describe('outcome of each change; absent: nothing to write'),
    conflicts: texts.optional().describe('instances whose id is taken'),
    withheld: withheld.optional().describe('removals that the brake withholds'),
    error: text.optional().describe('reason why the service could not be read or written'),
  })
  .meta({ id: 'publication' });

export const ran = z
  .strictObject({
    atMs: z.number().describe('time of the run, in milliseconds since 1970'),
    revision: text.regex(/^[0-9a-f]{12}$/).describe('the revision'),
    isKept: z.boolean().describe('whether rollback can return to the revision'),
    how: z.enum(['sync', 'rollback', 'render']).describe('command of the run; `render`: decK writes the file'),
    by: z
      .strictObject({
        configuration: text.optional().describe('checksum of the configuration file'),
        user: text.optional().describe('the user of the process'),
        run: text.optional().describe('the run of CI'),
      })
      .describe('author of the run'),
    changes: text.describe('summary of the changes, for people'),
  })
  .meta({ id: 'ran' });
