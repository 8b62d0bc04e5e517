import { describe, expect, it } from '@jest/globals';
import { kindOf } from '#core/addresses/kinds';
import { anyRange, refusedKind } from '#core/addresses/rule';

describe('kindOf', () => {
  it.each([
    ['metadata', '169.254.169.254'],
    ['metadata', '169.254.170.2'],
    ['metadata', '169.254.170.23'],
    ['metadata', 'fd00:ec2::254'],
    ['metadata', 'fd00:ec2:0:1::23'],
    ['metadata', 'fd00:ec2:ffff:ffff::'],
    ['private', 'fd00:ec3::254'],
    ['private', 'fd00:ec1:ffff::254'],
    ['unspecified', '0.0.0.0'],
    ['unspecified', '0.1.2.3'],
    ['unspecified', '::'],
    ['loopback', '127.0.0.1'],
    ['loopback', '127.255.255.255'],
    ['loopback', '::1'],
    ['link-local', '169.254.169.253'],
    ['link-local', 'fe80::1'],
    ['link-local', 'febf::1'],
    ['multicast', '224.0.0.1'],
    ['multicast', '239.255.255.255'],
    ['multicast', 'ff02::1'],
    ['broadcast', '255.255.255.255'],
    ['private', '10.0.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.1.1'],
    ['private', '100.64.0.1'],
    ['private', 'fd12:3456::1'],
    ['public', '172.32.0.1'],
    ['public', '198.19.0.1'],
    ['public', '203.0.113.7'],
    ['public', '2600:1f18::1'],
    ['public', 'fec0::1'],
  ])('fm-44 is %s for %s', (kind, ip) => {
    expect(kindOf(ip)).toBe(kind);
  });

  it.each([
    ['metadata', '::ffff:169.254.169.254'],
    ['metadata', '::ffff:a9fe:a9fe'],
    ['metadata', '64:ff9b::a9fe:a9fe'],
    ['metadata', '::169.254.170.2'],
    ['loopback', '::ffff:127.0.0.1'],
    ['loopback', '64:ff9b::7f00:1'],
    ['unspecified', '::ffff:0.0.0.0'],
    ['multicast', '::ffff:224.0.0.1'],
    ['private', '64:ff9b::10.0.0.1'],
    ['public', '::ffff:203.0.113.7'],
  ])('fm-44 is %s for %s, by the IPv4 address inside', (kind, ip) => {
    expect(kindOf(ip)).toBe(kind);
  });

  it.each(['', 'fe80::1%eth0', '10.0.0.300', 'localhost'])('is unknown for %j, which is not an address', (text) => {
    expect(kindOf(text)).toBeUndefined();
  });
});

describe('refusedKind', () => {
  const claim = { ip: '10.0.0.1', endpointId: 'srv-1.a', granted: [] as readonly string[] };

  it.each(['10.0.0.1', 'fd12::1', '100.64.3.4'])('allows every source the private address %s', (ip) => {
    expect(refusedKind({ ...claim, ip })).toBeUndefined();
  });

  it.each([
    ['metadata', '169.254.169.254'],
    ['metadata', 'fd00:ec2::254'],
    ['unspecified', '0.0.0.0'],
    ['link-local', 'fe80::1'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['metadata', '64:ff9b::169.254.169.254'],
  ])('fm-44 refuses %s, whatever is granted and whatever the source', (kind, ip) => {
    const granted = [...anyRange, '169.254.169.254/32', '127.0.0.0/8', '::ffff:0:0/96', '64:ff9b::/96'];

    expect(refusedKind({ ip, endpointId: 'vpce-0a1', granted })).toBe(kind);
  });

  it.each([
    ['127.0.0.1', [], 'loopback'],
    ['127.0.0.1', anyRange, 'loopback'],
    ['127.0.0.1', ['126.0.0.0/7'], 'loopback'],
    ['::1', ['::/127'], 'loopback'],
    ['::1', ['127.0.0.0/8'], 'loopback'],
    ['127.20.1.11', ['127.20.0.0/16'], undefined],
    ['127.21.1.11', ['127.20.0.0/16'], 'loopback'],
    ['::ffff:127.20.1.11', ['127.0.0.0/8'], undefined],
    ['::1', ['::1/128'], undefined],
  ])('fm-44 judges loopback %s with allow.addresses %j for %s: a range inside loopback grants it', (...row) => {
    const [ip, granted, refused] = row;

    expect(refusedKind({ ip, endpointId: 'vpce-0a1', granted })).toBe(refused);
  });

  it.each([
    ['vpce-0a1b', [], undefined],
    ['i-0a1b', [], undefined],
    ['i-0a1b.x', [], 'public'],
    ['srv-1.i-0a1b', [], 'public'],
    ['dns-sd2-0a1b', [], 'public'],
    ['static-sd2-0-0a1b', ['203.0.113.0/24'], undefined],
    ['static-sd2-0-0a1b', ['203.0.112.0/24'], 'public'],
    ['static-sd2-0-0a1b', anyRange, undefined],
  ])('fm-44 judges a public address of endpoint %s with allow.addresses %j for %s', (endpointId, granted, refused) => {
    expect(refusedKind({ ip: '203.0.113.7', endpointId, granted })).toBe(refused);
    expect(refusedKind({ ip: '::ffff:203.0.113.7', endpointId, granted })).toBe(refused);
  });
});
