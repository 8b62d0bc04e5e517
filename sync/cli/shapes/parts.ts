import { z } from 'zod';

/** What the outputs of `--json` are made of. Only a page and its tests read this: the product writes what its types say. */

const text = z.string();
const texts = z.array(text);
const count = z.int().min(0);
const ms = z.number();

export const observed = z
  .strictObject({
    scopeId: text.describe('the scope that read it'),
    atMs: ms.describe('when, in milliseconds since 1970'),
    accountId: text.optional().describe('the AWS account that answered'),
  })
  .meta({ id: 'observed' });

const address = z.strictObject({
  ip: text.describe('IPv4 or IPv6'),
  region: text.describe('where it is'),
  zoneId: text.optional().describe('the id of its zone, such as use1-az1; absent: not known'),
});

export const seenEndpoint = z
  .strictObject({
    id: text.describe("the provider's own id, such as vpce-0f…"),
    scopeId: text.describe('the scope that has it'),
    domain: text.describe('the domain that it claims'),
    state: text.describe(
      "AWS's word: `available`, `pendingAcceptance`, `rejected`, …; `unlisted`: one that this version does not know",
    ),
    reason: text.optional().describe("AWS's own words about the state"),
    createdAtMs: ms.describe('in milliseconds since 1970'),
    serviceName: text.optional().describe('the endpoint service'),
    vpcId: text.optional().describe('the VPC that it is in'),
    protocol: z.enum(['http', 'https', 'grpc', 'grpcs']).describe('what the provider speaks'),
    port: count.describe("the provider's port"),
    host: text.optional().describe('Host header and TLS server name'),
    paths: texts.describe('paths that it asks for; none: `/<domain>`'),
    grantedPaths: texts.describe('those of them that `allow.paths` grants'),
    weight: count.describe('share of the requests'),
    dnsNames: texts.describe('its names'),
    addresses: z.array(address).describe('one for each network interface'),
    observed: observed.optional().describe('where a snapshot passes it on: who read it, and when'),
  })
  .meta({ id: 'endpoint' });

export const quarantined = z
  .strictObject({
    endpointId: text.describe('what is not routed to'),
    scopeId: text.describe('the scope that has it'),
    domain: text.optional().describe('the domain that it claims, where that can be told'),
    state: text.optional().describe('as in `endpoint`'),
    code: text.describe('stable: `bad-tag`, `path-conflict`, `domain-not-allowed`, …'),
    reason: text.describe('why, for people'),
    fix: text.describe('what its owner can do'),
    observed: observed.optional().describe('as in `endpoint`'),
  })
  .meta({ id: 'quarantined' });

export const finding = z
  .strictObject({
    code: text.describe(
      'stable: `zone-not-served`, `zone-without-interface`, `peering-not-active`, `overlapping-ranges`',
    ),
    scopeId: text.describe('the scope that it is about'),
    endpointIds: texts.describe('whom it concerns'),
    reason: text.describe('what is wrong with the networks'),
    fix: text.describe('what can be done'),
  })
  .meta({ id: 'finding' });

export const scope = z
  .strictObject({
    id: text.describe('`<source>.<account>.<region>`'),
    status: z.enum(['known', 'unknown']).describe('`unknown`: it could not be read, and what it held last is used'),
    endpoints: count.describe('how many are used of it'),
    ageMs: ms.optional().describe('age of what is used: 0 when read in this pass; absent: never read'),
    code: text.optional().describe('of an unknown scope: stable, as in `error.code`'),
    reason: text.optional().describe('of an unknown scope: what failed and how to fix it'),
  })
  .meta({ id: 'scope' });

const entity = z
  .strictObject({
    kind: z.enum(['upstream', 'target', 'service', 'route', 'plugin']).describe("Kong's kind"),
    key: text.describe(
      'its natural name: `<upstream>\\|<address>` of a target, `<service>\\|<name>` of a plugin, else its name',
    ),
    domain: text.describe('the domain that it is for'),
    parent: text.optional().describe('the key of what it is below'),
    id: text.optional().describe('its id in the control plane, where it is there'),
    fields: z.record(text, z.json()).describe("Kong's own fields; of a plugin, what may be a password is masked"),
    tags: texts.describe('sorted'),
  })
  .meta({ id: 'entity' });

export const change = z
  .strictObject({
    action: z.enum(['create', 'update', 'delete']).describe('what is written'),
    kind: entity.shape.kind,
    key: entity.shape.key,
    id: text.describe('the id in the control plane, also of what is still to be created'),
    parentId: text.optional().describe('the id of what it is below'),
    domain: text.describe('the domain that it is for'),
    reason: text.describe('why, for people'),
    isConfirmed: z.boolean().optional().describe('of a delete: AWS itself says that the endpoint is gone'),
    before: entity.optional().describe('what is held; absent for a create'),
    after: entity.optional().describe('what shall be held; absent for a delete'),
  })
  .meta({ id: 'change' });

export const applied = z
  .strictObject({
    change: change.describe('what was to be written'),
    outcome: z.enum(['applied', 'failed', 'skipped']).describe('what became of it'),
    error: text.optional().describe('why it failed or was skipped'),
    isTransient: z.boolean().optional().describe('trying again may help'),
    code: text.optional().describe('stable, as in `error.code`'),
    retryAfterMs: ms.optional().describe('what the control plane asks to wait'),
  })
  .meta({ id: 'applied' });

export const kept = z
  .strictObject({
    key: text.describe('what stays, as in `entity`'),
    domain: text.describe('the domain that it is for'),
    reason: text.describe('why it stays although discovery does not confirm it'),
    entry: text.optional().describe('the entry of `protect` that keeps it; absent: it stays for another reason'),
  })
  .meta({ id: 'kept' });

export const guarded = z
  .strictObject({
    entry: text.describe('the domain or entity, as `protect` lists it'),
    domain: text.describe('the domain that it is, or is for'),
    changes: count.describe('changes that are planned of it; a removal only of what AWS reports as gone for good'),
    kept: count.describe('what of it would leave and stays'),
  })
  .meta({ id: 'protected' });

export const withheld = z
  .strictObject({
    reason: text.describe('why the brake acts'),
    changes: z.array(change).describe('what it holds back'),
  })
  .meta({ id: 'withheld' });

export const publication = z
  .strictObject({
    name: text.describe('the service of Cloud Map'),
    domain: text.describe('the domain whose targets are its instances'),
    changes: z.array(change).describe('what is planned'),
    kept: z.array(kept).describe('what stays all the same'),
    applied: z.array(applied).optional().describe('what became of it; absent: nothing was to be written'),
    conflicts: texts.optional().describe('instances whose id somebody else has'),
    withheld: withheld.optional().describe('what the brake holds back'),
    error: text.optional().describe('why the service could not be read or written'),
  })
  .meta({ id: 'publication' });

export const ran = z
  .strictObject({
    atMs: z.number().describe('when; unix epoch, milliseconds'),
    revision: text.regex(/^[0-9a-f]{12}$/).describe('which revision'),
    isKept: z.boolean().describe('whether it can be gone back to'),
    how: z.enum(['sync', 'rollback', 'render']).describe('by which command; `render`: decK was to write it'),
    by: z
      .strictObject({
        configuration: text.optional().describe('checksum of the configuration file'),
        user: text.optional().describe('the user of the process'),
        run: text.optional().describe('the run of CI'),
      })
      .describe('by whom'),
    changes: text.describe('one line for people'),
  })
  .meta({ id: 'ran' });
