import { expect, it } from '@jest/globals';
import { ownZoneId } from '#data-plane/zone/own-zone';

it.each<[string | undefined, string | undefined]>([
  ['use1-az1', 'use1-az1'],
  ['us-east-1a', undefined],
  ['', undefined],
  [undefined, undefined],
])('the own zone of %j is the zone id %j', (given, expected) => {
  expect(ownZoneId({ KONG_PRIVATELINK_ZONE_ID: given })).toBe(expected);
});
