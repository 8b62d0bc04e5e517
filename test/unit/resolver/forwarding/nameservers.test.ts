import { describe, expect, it } from '@jest/globals';
import { isOneself, nameserversIn, readAddress } from '#resolver/forwarding/nameservers';

describe('nameserversIn', () => {
  it('returns the resolvers of a resolv.conf in their order, and ignores the rest', () => {
    const text = `# nameserver 10.0.0.9
search example.com
nameserver 10.0.0.2
  nameserver\t10.0.0.3   # the second
nameserver fd00::2
nameserver fe80::1%eth0
nameserver
nameserver none
options ndots:5
`;

    expect(nameserversIn(text)).toEqual(['10.0.0.2', '10.0.0.3', 'fd00::2'].map((ip) => ({ ip, port: 53 })));
  });
});

describe('isOneself', () => {
  const own = ['10.0.0.5', 'fd00::5'];

  it.each([
    ['127.0.0.1:53', '127.0.0.1:53', true],
    ['127.0.0.1:53', '127.0.0.1:5353', false],
    ['127.0.0.2:53', '127.0.0.1:53', false],
    ['10.0.0.5:53', '127.0.0.1:53', false],
    ['127.0.0.2:53', '0.0.0.0:53', true],
    ['10.0.0.5:53', '0.0.0.0:53', true],
    ['10.0.0.6:53', '0.0.0.0:53', false],
    ['[::1]:53', '[::]:53', true],
    ['[fd00:0:0::5]:53', '[::]:53', true],
    ['[::1]:53', '[0:0:0:0:0:0:0:1]:53', true],
    ['[::ffff:127.0.0.1]:53', '127.0.0.1:53', true],
    ['0.0.0.0:53', '127.0.0.1:53', true],
    ['0.0.0.0:53', '10.0.0.5:53', false],
  ])('decides whether %s is the resolver that listens on %s: %s', (server, listen, expected) => {
    expect(isOneself(readAddress(server), readAddress(listen), own)).toBe(expected);
  });
});
