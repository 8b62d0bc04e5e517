import { z } from 'zod';
import { applied, change, scope } from './parts';

const text = z.string();
const texts = z.array(text);

const entityName = z
  .strictObject({
    kind: z.enum(['upstream', 'target', 'service', 'route', 'plugin']).describe("Kong's kind"),
    key: text.describe('its natural name: `<upstream>\\|<address>` of a target, else its name, or its id without one'),
    id: text.describe('its id; of a file, made of its name'),
  })
  .meta({ id: 'name of an entity' });

const endpoint = z
  .strictObject({
    id: text.describe('the id of the VPC endpoint'),
    scopeId: text.describe('the scope that read it'),
    accountId: text.optional().describe('its AWS account, where AWS says it'),
    vpcId: text.optional().describe('its VPC'),
    serviceName: text.optional().describe('the endpoint service that it reaches'),
    state: text.describe("AWS's state of it"),
    dnsNames: texts.describe('regional, zonal and private names'),
    addresses: z
      .array(
        z.strictObject({
          ip: text.describe('of one of its interfaces'),
          zoneId: text.optional().describe('the zone of the interface, where it is known'),
        }),
      )
      .describe('none: it is gone'),
  })
  .meta({ id: 'endpoint as AWS states it' });

const difference = z
  .strictObject({
    entity: text.describe('`<kind>:<key>`'),
    field: text.describe('which field'),
    before: z.json().describe('what it is; null: not set'),
    after: z.json().describe('what it would be'),
    why: text.describe('what a request, or the provider, would notice'),
  })
  .meta({ id: 'difference' });

const adoptable = z
  .strictObject({
    domain: text.describe('what it would be called'),
    service: entityName.describe('what people wrote'),
    host: text.describe('where the service leads: a name, an address, or its upstream'),
    upstream: entityName.optional().describe('absent: the service is on a name or an address'),
    targets: z.array(entityName).describe('of that upstream'),
    routes: z.array(entityName).describe('of the service'),
    plugins: z.array(entityName).describe('of the service and of its routes'),
    endpoints: z.array(endpoint).describe('where it leads to'),
    tags: z.record(text, z.record(text, text)).describe('tags that are to be added, by the id of the endpoint'),
    keeps: texts.describe('what stays as it is'),
    changes: texts.describe('what would change, and no request notices'),
    differences: z.array(difference).describe('what a request would notice'),
    refused: z
      .strictObject({ reason: text.describe('why it cannot be adopted'), fix: text.describe('what to do about it') })
      .optional()
      .describe('absent: it can be adopted'),
    findings: texts.describe('what is odd already, and stays so'),
  })
  .meta({ id: 'adoptable' });

const takenOver = z
  .strictObject({
    domain: text.describe('which domain'),
    service: text.describe('the name of its service'),
    state: z
      .enum(['adopted', 'released', 'waits', 'refused', 'incomplete'])
      .describe('what became of it; `waits`: its files are written, and its endpoints lack tags'),
    reason: text.optional().describe('why, or what is left to do'),
    changes: z.array(change).describe('what was to be written to the control plane'),
    applied: z.array(applied).optional().describe('what became of that; absent: nothing was tried'),
    files: texts.describe('files that were written or removed: commit them'),
    findings: texts.describe('what is odd about it, and stays so'),
  })
  .meta({ id: 'domain taken over, or given back' });

const regionSeen = z
  .strictObject({
    region: text.describe('the region'),
    endpoints: z.int().min(0).describe('VPC endpoints in it'),
    tagged: z.int().min(0).describe('those with the tag of a domain'),
    adoptable: z.int().min(0).describe('those that services written by hand lead to'),
  })
  .meta({ id: 'region' });

const checks = z
  .array(
    z.strictObject({
      check: text.describe('what was looked at'),
      result: z.enum(['ok', 'warning', 'failed']).describe('what came of it'),
      detail: text.describe('what was found, with the fix'),
    }),
  )
  .describe('what `doctor` says of it');

export const adoptOutputs = {
  'adopt --apply': z
    .strictObject({
      stage: text.optional().describe('of several control planes, which one'),
      place: text.describe('the control plane'),
      domains: z.array(takenOver).describe('the same for `--release`'),
    })
    .meta({ id: 'adopt --apply' }),
  init: z
    .strictObject({
      path: text.describe('the file that was written'),
      text: text.describe('what it holds'),
      owner: text.describe('the owner that it names'),
      controlPlane: text.describe('the control plane that it names'),
      regions: z.array(regionSeen).describe('the regions that it names'),
      checks,
    })
    .meta({ id: 'init' }),
  adopt: z
    .strictObject({
      stage: text.optional().describe('of several control planes, which one'),
      place: text.describe('the control plane, or the file of `--from`'),
      scopes: z.array(scope).describe('what was read of AWS'),
      adoptable: z.array(adoptable).describe('what people wrote and what points at PrivateLink, by domain'),
      commands: texts.describe("the tags as lines for a shell, with AWS's command line"),
      terraform: text.describe('the same tags as resources of Terraform'),
      notes: texts.describe('what points at PrivateLink besides, and what could not be told'),
    })
    .meta({ id: 'adopt' }),
};
