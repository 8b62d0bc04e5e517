import { describe, expect, it } from '@jest/globals';
import type { AllowConfig } from '#config/schema';
import { type Candidate, claimEndpoints } from '#discovery/admission/admit';
import { missingField } from '#discovery/admission/fields';
import { tagKeysOf } from '../../../support/aws/vpc-endpoints';
import { hubScope } from '../../../support/builders';

const facts = { state: 'available', createdAtMs: 1, vpcId: 'vpc-1', dnsNames: [], addresses: [] } as const;
const badPort = { 'kong:domain': 'sd9', 'kong:port': 'x' };

function quarantinedOf(
  tags: Readonly<Record<string, string>>,
  allow: AllowConfig = {},
  known: Candidate['facts'] = facts,
) {
  const candidate = { id: 'vpce-1', tags: new Map(Object.entries(tags)), facts: known };
  const config = { tags: tagKeysOf(), allow };
  return claimEndpoints([candidate], { config, owner: 'test', scope: hubScope }).quarantined;
}

describe('claimEndpoints', () => {
  it.each([
    ['a bad tag', badPort, facts, 'bad-tag'],
    ['a missing field', { 'kong:domain': 'sd9' }, missingField('AWS gives no State'), 'missing-field'],
  ] as const)('fm-47 names the intended domain beside %s', (_, tags, known, code) => {
    expect(quarantinedOf(tags, {}, known)).toMatchObject([{ code, domain: 'sd9' }]);
  });

  it.each([
    ['no domain', {}, {}],
    ['an invalid domain', { ...badPort, 'kong:domain': 'SD_9' }, {}],
    ['a domain that the endpoint may not claim', badPort, { domains: ['sd1'] }],
    ['a VPC that may claim nothing', badPort, { vpcs: ['vpc-2'] }],
    ['a service that may claim nothing', badPort, { serviceNames: ['com.other'] }],
  ])('fm-47 names no domain beside a bad tag with %s', (_, tags, allow) => {
    expect(quarantinedOf(tags, allow)).toMatchObject([{ code: 'bad-tag', domain: undefined }]);
  });

  it('fm-47 refuses a forbidden claim before it checks an invalid address', () => {
    const nowhere = { ...facts, addresses: [{ ip: 'nowhere', region: 'us-east-1' }] };

    const quarantined = quarantinedOf({ 'kong:domain': 'victim' }, { domains: ['peer-*'] }, nowhere);

    expect(quarantined).toMatchObject([{ code: 'domain-not-allowed' }]);
  });

  it('fm-47 names no domain of another gateway', () => {
    const [other] = quarantinedOf({ ...badPort, 'kong:gateway': 'other' });

    expect(other?.code).toBe('other-gateway');
    expect(other?.domain).toBeUndefined();
  });
});
