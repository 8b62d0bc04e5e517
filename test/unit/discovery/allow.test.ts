import { describe, expect, it } from '@jest/globals';
import { findRefusal, grantedPaths } from '../../../discovery/allow';
import type { AllowConfig } from '../../../discovery/config';
import { endpointOf } from '../../support/builders';

const endpoint = endpointOf({ domain: 'sd2', serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1', vpcId: 'vpc-1' });

describe('findRefusal', () => {
  it.each<[string, AllowConfig]>([
    ['nothing is listed', {}],
    ['the domain is listed', { domains: ['sd1', 'sd2'] }],
    ['a pattern covers the domain', { domains: ['sd*'] }],
    ['everything is listed', { domains: ['*'], serviceNames: ['*.vpce-svc-1'], vpcs: ['vpc-1'] }],
    ['allow.paths lists others: it grants and does not limit', { paths: ['/other'] }],
  ])('allows the endpoint when %s', (_, allow) => {
    expect(findRefusal(endpoint, allow)).toBeUndefined();
  });

  it.each<[string, string, AllowConfig]>([
    ['domain-not-allowed', 'allow.domains', { domains: ['sd1'] }],
    ['domain-not-allowed', 'allow.domains', { domains: [] }],
    ['domain-not-allowed', 'allow.domains', { domains: ['sd2x', 'xsd2', 's.2', 'd2', 'd*', 'sd'] }],
    ['service-not-allowed', 'allow.serviceNames', { serviceNames: ['com.amazonaws.vpce.us-east-1.vpce-svc-2'] }],
    ['vpc-not-allowed', 'allow.vpcs', { vpcs: ['vpc-12'] }],
  ])('refuses with %s and names %s when another is listed', (code, field, allow) => {
    expect(findRefusal(endpoint, allow)).toEqual({
      code,
      reason: expect.stringContaining(`${field} of the source does not list`),
      fix: expect.stringContaining(`add it to ${field}`),
    });
  });

  it.each<[string, AllowConfig]>([
    ['service-not-allowed', { serviceNames: ['com.*'] }],
    ['vpc-not-allowed', { vpcs: ['vpc-*'] }],
  ])('fm-31 refuses with %s when AWS does not say what is limited', (code, allow) => {
    expect(findRefusal(endpointOf(), allow)).toMatchObject({ code, reason: expect.stringContaining('(none)') });
  });

  it('refuses path / when allow.paths does not list it', () => {
    expect(findRefusal(endpointOf({ paths: ['/todo', '/'] }), { paths: ['/todo'] })).toMatchObject({
      code: 'path-not-allowed',
    });
  });

  it('allows path / when allow.paths lists it', () => {
    expect(findRefusal(endpointOf({ paths: ['/'] }), { paths: ['/'] })).toBeUndefined();
  });
});

describe('grantedPaths', () => {
  it('gives the paths that are listed by name', () => {
    expect(grantedPaths(['/todo', '/shop'], { paths: ['/shop', '/x'] })).toEqual(['/shop']);
  });

  it('grants nothing when no paths are listed', () => {
    expect(grantedPaths(['/todo'], {})).toEqual([]);
  });
});
