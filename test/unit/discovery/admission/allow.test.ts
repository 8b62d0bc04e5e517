import { describe, expect, it } from '@jest/globals';
import type { AllowConfig } from '#config/schema';
import { allowedAddresses, findRefusal, grantedPaths } from '#discovery/admission/allow';
import { endpointOf } from '../../../support/builders';

const endpoint = endpointOf({ domain: 'sd2', serviceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-1', vpcId: 'vpc-1' });

describe('findRefusal', () => {
  it.each<[string, AllowConfig]>([
    ['nothing is listed', {}],
    ['the domain is listed', { domains: ['sd1', 'sd2'] }],
    ['a pattern covers the domain', { domains: ['sd*'] }],
    ['everything is listed', { domains: ['*'], serviceNames: ['*.vpce-svc-1'], vpcs: ['vpc-1'] }],
    ['allow.paths lists others: allow.paths grants, and does not limit', { paths: ['/other'] }],
  ])('allows the endpoint when %s', (_, allow) => {
    expect(findRefusal(endpoint, allow)).toBeUndefined();
  });

  it.each<[string, string, AllowConfig]>([
    ['domain-not-allowed', 'allow.domains', { domains: ['sd1'] }],
    ['domain-not-allowed', 'allow.domains', { domains: [] }],
    ['domain-not-allowed', 'allow.domains', { domains: ['sd2x', 'xsd2', 's.2', 'd2', 'd*', 'sd'] }],
    ['service-not-allowed', 'allow.serviceNames', { serviceNames: ['com.amazonaws.vpce.us-east-1.vpce-svc-2'] }],
    ['vpc-not-allowed', 'allow.vpcs', { vpcs: ['vpc-12'] }],
  ])('refuses with %s and names %s when another value is listed', (code, field, allow) => {
    expect(findRefusal(endpoint, allow)).toEqual({
      code,
      reason: expect.stringContaining(`${field} of the source does not list`),
      fix: expect.stringContaining(`add it to ${field}`),
    });
  });

  it.each<[string, AllowConfig]>([
    ['service-not-allowed', { serviceNames: ['com.*'] }],
    ['vpc-not-allowed', { vpcs: ['vpc-*'] }],
  ])('fm-31 refuses with %s when AWS does not return the limited field', (code, allow) => {
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
  it('returns the paths that are listed by name', () => {
    expect(grantedPaths(['/todo', '/shop'], { paths: ['/shop', '/x'] })).toEqual(['/shop']);
  });

  it('grants nothing when no paths are listed', () => {
    expect(grantedPaths(['/todo'], {})).toEqual([]);
  });
});

describe('allow.addressFamilies', () => {
  const ipv4 = { ip: '10.0.0.1', region: 'us-east-1' };
  const ipv6 = { ip: 'fd00::1', region: 'us-east-1' };

  it.each<[string, AllowConfig, readonly unknown[]]>([
    ['all families without a list', {}, [ipv4, ipv6]],
    ['IPv4 only', { addressFamilies: ['ipv4'] }, [ipv4]],
    ['IPv6 only', { addressFamilies: ['ipv6'] }, [ipv6]],
    ['both', { addressFamilies: ['ipv4', 'ipv6'] }, [ipv4, ipv6]],
  ])('accepts %s', (_, allow, taken) => {
    expect(allowedAddresses([ipv4, ipv6], allow)).toEqual(taken);
  });

  it.each<['ipv4' | 'ipv6', typeof ipv4, string]>([
    ['ipv4', ipv6, 'has IPv6 addresses only'],
    ['ipv6', ipv4, 'has IPv4 addresses only'],
  ])('of %s refuses an endpoint without an address of this family', (family, address, reason) => {
    expect(findRefusal(endpointOf({ addresses: [address] }), { addressFamilies: [family] })).toMatchObject({
      code: 'address-not-allowed',
      reason: expect.stringContaining(reason),
    });
  });

  it('does not refuse an endpoint that is gone, and therefore has no address', () => {
    expect(findRefusal(endpointOf({ addresses: [] }), { addressFamilies: ['ipv4'] })).toBeUndefined();
  });
});
