import { describe, expect, it } from '@jest/globals';
import { overlap } from '#core/addresses/ranges';

describe('overlap', () => {
  it.each([
    ['10.0.0.0/16', '10.0.0.0/16', true],
    ['10.0.0.0/8', '10.200.3.0/24', true],
    ['10.0.0.0/16', '10.1.0.0/16', false],
    ['10.0.255.255/32', '10.0.0.0/16', true],
    ['10.1.0.0/32', '10.0.0.0/16', false],
    ['0.0.0.0/0', '255.255.255.255/32', true],
    ['192.168.0.0/17', '192.168.128.0/17', false],
    ['fd00::/8', 'fd00:ec2::/32', true],
    ['10.0.0.0/8', 'fd00::/8', false],
    ['10.0.0.0/33', '10.0.0.0/8', false],
    ['nonsense', '10.0.0.0/8', false],
  ])('of %s and %s is %s, either way round', (one, other, expected) => {
    expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected]);
  });
});
