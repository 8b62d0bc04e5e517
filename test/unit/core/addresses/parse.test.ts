import { isIP } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseIp } from '#core/addresses/parse';
import { formatAddress, ipOfAddress, normaliseIp } from '#core/addresses/targets';
import { anyText } from '../../../support/any-text';

describe('parseIp', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::', '0000:0000:0000:0000:0000:0000:0000:0000'],
    ['::1', '0000:0000:0000:0000:0000:0000:0000:0001'],
    ['2600:1F18::A', '2600:1f18:0000:0000:0000:0000:0000:000a'],
    ['1:2:3:4:5:6:7::', '0001:0002:0003:0004:0005:0006:0007:0000'],
    ['::ffff:10.0.0.1', '0000:0000:0000:0000:0000:ffff:0a00:0001'],
    ['1:2:3:4:5:6:10.0.0.1', '0001:0002:0003:0004:0005:0006:0a00:0001'],
  ])('fm-45 returns %s in one spelling', (text, spelling) => {
    expect(parseIp(text)).toBe(spelling);
  });

  it.each([
    ...[
      '',
      ' ',
      '10.0.0.300',
      '10.0.0',
      '10.0.0.1.2',
      '010.0.0.1',
      '10.0.0.1 ',
      '0x0a.0.0.1',
      '10.0.0.1e0',
      '167772161',
    ],
    ...['fe80::1%eth0', '[::1]', '::1::', '1::2::3', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::'],
    ...['::12345', '::g', '10.0.0.1::', '::10.0.0.300', '1:2:3:4:5:6:7:10.0.0.1', 'localhost', '-1.0.0.0', '\n::1'],
    '1'.repeat(100_000),
    ':'.repeat(100_000),
  ])('fm-45 refuses %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it('fm-45 accepts the addresses that Node accepts, except zones', () => {
    const part = fc.constantFrom('::', ':', '.', '%', '0', '1', '10', '255', '256', '1.2.3.4', 'ffff', 'fe80', 'g', '');
    const text = fc.oneof(
      fc.array(part, { maxLength: 18 }).map((parts) => parts.join('')),
      fc.ipV4(),
      fc.ipV6(),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(parseIp(one) !== undefined).toBe(isIP(one) !== 0 && !one.includes('%'));
      }),
      { numRuns: 2_000 },
    );
  });

  it('fm-45 spells an address as the URL parser does, and keeps its own spelling', () => {
    const shortOf = (text: string) => new URL(`http://${text.includes(':') ? `[${text}]` : text}`).hostname;
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ip) => {
        const spelling = parseIp(ip) ?? '';

        expect(shortOf(spelling)).toBe(shortOf(ip));
        expect(parseIp(spelling)).toBe(spelling);
      }),
    );
  });
});

describe('target addresses', () => {
  it('fm-45 are written and read without an exception, whatever the text', () => {
    const hostile = fc.oneof(anyText(), fc.constantFrom('fe80::1%eth0', ':', '[', '::', ''));
    fc.assert(
      fc.property(hostile, fc.integer(), (ip, port) => {
        normaliseIp(ip);
        ipOfAddress(ip);
        expect(typeof formatAddress({ ip, port })).toBe('string');
      }),
    );
  });

  it('fm-45 are read back as they were written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65_535), (ip, port) => {
        expect(ipOfAddress(formatAddress({ ip, port }))).toBe(parseIp(ip));
      }),
    );
  });

  it.each(['a.example:80', '10.0.0.1', '[10.0.0.1:80', '10.0.0.1:80:80', '', 'srv.abc'])(
    'have no IP: %s',
    (address) => {
      expect(ipOfAddress(address)).toBeUndefined();
    },
  );
});
