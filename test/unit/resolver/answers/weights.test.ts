import { expect, it } from '@jest/globals';
import { srvWeights, srvWeightsBesideSpares } from '#resolver/answers/weights';

it.each([
  ['as they are where a record can hold them', [1, 100, 65_535], [1, 100, 65_535]],
  ['in the same ratio where not', [131_070, 65_535], [65_535, 32_768]],
  ['never 0, which Kong takes for something else', [1_000_000, 1], [65_535, 1]],
  ['of nobody', [], []],
])('gives weights %s', (_, weights, expected) => {
  expect(srvWeights(weights)).toEqual(expected);
});

it.each([
  ['of a thousand times a spare', [300, 100], [750, 250]],
  ['of a thousand times a spare, for many too', Array(40).fill(100), Array(40).fill(25)],
  ['no greater than that takes', [60_000, 60_000], [500, 500]],
  ['as they are where these are greater', [65_535, 1], [65_535, 1]],
  ['of nobody', [], []],
])('gives weights beside spares %s', (_, weights, expected) => {
  expect(srvWeightsBesideSpares(weights)).toEqual(expected);
});
