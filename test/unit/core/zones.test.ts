import { describe, expect, it } from '@jest/globals';
import { isZoneName } from '#core/zones';

describe('isZoneName', () => {
  it.each([
    ['us-east-1a', true],
    ['us-gov-west-1b', true],
    ['cn-north-1a', true],
    ['ap-southeast-2-per-1a', true],
    ['us-west-2-lax-1a', true],
    ['us-east-1-wl1-bos-wlz-1', true],
    ['eusc-de-east-1a', true],
    ['us-east-1', true],
    ['use1-az1', false],
    ['usgw1-az2', false],
    ['cnn1-az4', false],
    ['apse2-per1-az1', false],
    ['usw2-lax1-az1', false],
    ['use1-wl1-bos-wlz1', false],
    ['euscde1-az1', false],
    ['anything', false],
  ])('returns for %s: %s', (text, expected) => {
    expect(isZoneName(text)).toBe(expected);
  });
});
