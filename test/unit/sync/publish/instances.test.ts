import { describe, expect, it } from '@jest/globals';
import type { Domain } from '#core/claims/settle';
import { differencesOf } from '#deck/compare';
import { attributesOf, heldInstance, instancesOf } from '#sync/publish/instances';

const target = { port: 80, region: 'us-east-1', weight: 100, endpointId: 'vpce-1', scopeId: 'hub.self.us-east-1' };
const sd2: Domain = { name: 'sd2', protocol: 'http', paths: ['/sd2'], stripPath: true, targets: [] };
const place = { parent: 'cloud-map a/b', domain: 'sd2' };

/** The instances of a domain after they were registered and read back. */
function readBack(domain: Domain) {
  const desired = instancesOf(domain, place.parent);
  const held = desired.map((one, index) =>
    heldInstance({ id: `i-${index}`, attributes: new Map(Object.entries(attributesOf(one, 'test'))) }, place),
  );
  return { desired, held };
}

describe('instances', () => {
  it.each([
    ['IPv4', { ...sd2, targets: [{ ...target, ip: '10.0.1.11', zoneId: 'use1-az1' }] }],
    ['IPv6, however it is written', { ...sd2, targets: [{ ...target, ip: 'fd00::9' }] }],
    ['TLS', { ...sd2, protocol: 'https', host: 'api.example', targets: [{ ...target, ip: '10.0.1.11', port: 443 }] }],
    ['paths', { ...sd2, paths: ['/a', '/b'], stripPath: false, targets: [{ ...target, ip: '10.0.1.11' }] }],
  ] as const)('are read back as they were registered: %s', (_, domain) => {
    const { desired, held } = readBack(domain);

    expect(held.map(({ key }) => key)).toEqual(desired.map(({ key }) => key));
    expect(
      held.flatMap((one, index) => desired.slice(index, index + 1).flatMap((want) => differencesOf(want, one))),
    ).toEqual([]);
  });

  it('differ when an attribute is held that is not wanted any more', () => {
    const [before] = readBack({ ...sd2, host: 'old.example', targets: [{ ...target, ip: '10.0.1.11' }] }).held;
    const [after] = instancesOf({ ...sd2, targets: [{ ...target, ip: '10.0.1.11' }] }, place.parent);

    expect(before && after && differencesOf(after, before)).toEqual(['kong:host "old.example" -> null']);
  });

  it('are recognised by their id after a person removed the address', () => {
    const held = heldInstance({ id: 'i-1', attributes: new Map([['AWS_INSTANCE_IPV4', 'nonsense']]) }, place);

    expect(held.key).toBe('cloud-map a/b|i-1');
  });
});
