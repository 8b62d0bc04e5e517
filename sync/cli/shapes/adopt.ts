import { z } from 'zod';
import { applied, change, scope } from './parts';

const text = z.string();
const texts = z.array(text);

const entityName = z
  .strictObject({
    kind: z.enum(['upstream', 'target', 'service', 'route', 'plugin']).describe("Kong's kind"),
    key: text.describe('natural name: `<upstream>\\|<address>` for a target, else the name, or the id without a name'),
    id: text.describe('id of the entity; for a file, computed from the name'),
  })
  .meta({ id: 'name of an entity' });

const endpoint = z
  .strictObject({
    id: text.describe('the id of the VPC endpoint'),
    scopeId: text.describe('scope that read the endpoint'),
    accountId: text.optional().describe('AWS account of the endpoint, where AWS reports it'),
    vpcId: text.optional().describe('VPC of the endpoint'),
    serviceName: text.optional().describe('endpoint service behind the endpoint'),
    state: text.describe("state in AWS's words"),
    dnsNames: texts.describe('regional, zonal and private names'),
    addresses: z
      .array(
        z.strictObject({
          ip: text.describe('IP address of an interface'),
          zoneId: text.optional().describe('zone id of the interface, where known'),
        }),
      )
      .describe('addresses; none: the endpoint is gone'),
  })
  .meta({ id: 'endpoint as AWS states it' });

const difference = z
  .strictObject({
    entity: text.describe('`<kind>:<key>`'),
    field: text.describe('name of the field'),
    before: z.json().describe('current value; null: not set'),
    after: z.json().describe('new value'),
    why: text.describe('effect on requests or on the provider'),
  })
  .meta({ id: 'difference' });

const adoptable = z
  .strictObject({
    domain: text.describe('name of the domain after the adoption'),
    service: entityName.describe('the existing service'),
    host: text.describe('host of the service: a name, an address, or an upstream'),
    upstream: entityName.optional().describe('upstream of the service; absent: the host is a name or an address'),
    targets: z.array(entityName).describe('targets of the upstream'),
    routes: z.array(entityName).describe('routes of the service'),
    plugins: z.array(entityName).describe('plugins of the service and of its routes'),
    endpoints: z.array(endpoint).describe('endpoints behind the service'),
    tags: z.record(text, z.record(text, text)).describe('tags to add, by the id of the endpoint'),
    keeps: texts.describe('properties that stay'),
    changes: texts.describe('changes without effect on requests'),
    differences: z.array(difference).describe('changes with an effect on requests'),
    refused: z
      .strictObject({
        reason: text.describe('reason why the service cannot be adopted'),
        fix: text.describe('the fix'),
      })
      .optional()
      .describe('absent: the service can be adopted'),
    findings: texts.describe('oddities that exist already, and stay'),
  })
  .meta({ id: 'adoptable' });

const takenOver = z
  .strictObject({
    domain: text.describe('the domain'),
    service: text.describe('name of the service'),
    state: z
      .enum(['adopted', 'released', 'waits', 'refused', 'incomplete'])
      .describe('outcome; `waits`: the files are written, and endpoints lack tags'),
    reason: text.optional().describe('reason, or the remaining work'),
    changes: z.array(change).describe('planned changes of the control plane'),
    applied: z.array(applied).optional().describe('outcome of each change; absent: nothing was tried'),
    files: texts.describe('written or removed files: commit them'),
    findings: texts.describe('oddities that stay'),
  })
  .meta({ id: 'domain taken over, or given back' });

const regionSeen = z
  .strictObject({
    region: text.describe('the region'),
    endpoints: z.int().min(0).describe('number of VPC endpoints in the region'),
    tagged: z.int().min(0).describe('number of endpoints with the tag of a domain'),
    adoptable: z.int().min(0).describe('number of endpoints behind existing services'),
  })
  .meta({ id: 'region' });

const checks = z
  .array(
    z.strictObject({
      check: text.describe('name of the check'),
      result: z.enum(['ok', 'warning', 'failed']).describe('result of the check'),
      detail: text.describe('finding, with the fix'),
    }),
  )
  .describe('checks of `doctor` on the new file');

export const adoptOutputs = {
  'adopt --apply': z
    .strictObject({
      stage: text.optional().describe('name of the stage; absent: the only control plane'),
      place: text.describe('the control plane'),
      domains: z.array(takenOver).describe('the domains, also for `--release`'),
    })
    .meta({ id: 'adopt --apply' }),
  init: z
    .strictObject({
      path: text.describe('path of the written file'),
      text: text.describe('content of the file'),
      owner: text.describe('owner in the file'),
      controlPlane: text.describe('control plane in the file'),
      regions: z.array(regionSeen).describe('regions in the file'),
      checks,
    })
    .meta({ id: 'init' }),
  adopt: z
    .strictObject({
      stage: text.optional().describe('name of the stage; absent: the only control plane'),
      place: text.describe('the control plane, or the file of `--from`'),
      scopes: z.array(scope).describe('scopes that discovery read'),
      adoptable: z.array(adoptable).describe('existing services that lead to PrivateLink, by domain'),
      commands: texts.describe('commands of the AWS CLI that add the tags'),
      terraform: text.describe('Terraform resources that add the tags'),
      notes: texts.describe('other entities that lead to PrivateLink, and open questions'),
    })
    .meta({ id: 'adopt' }),
};
