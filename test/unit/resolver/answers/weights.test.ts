import { expect, it } from '@jest/globals';
import { srvWeights, srvWeightsBeside } from '#resolver/answers/weights';

it.each([
  ['as they are where a record can hold them', [1, 100, 65_535], [1, 100, 65_535]],
  ['in the same ratio where not', [131_070, 65_535], [65_535, 32_768]],
  ['never 0, which Kong takes for something else', [1_000_000, 1], [65_535, 1]],
  ['of nobody', [], []],
])('gives weights %s', (_, weights, expected) => {
  expect(srvWeights(weights)).toEqual(expected);
});

it.each([
  ['as they are without spares', 0, [300, 100], [300, 100]],
  ['of a thousand times a spare', 1, [300, 100], [750, 250]],
  ['of a thousand times all spares', 2, [100, 100], [1_000, 1_000]],
  ['no greater than that takes', 1, [60_000, 60_000], [500, 500]],
  ['as they are where these are greater', 1, [65_535, 1], [65_535, 1]],
  ['of nobody', 1, [], []],
])('gives weights beside spares %s', (_, spares, weights, expected) => {
  expect(srvWeightsBeside(spares, weights)).toEqual(expected);
});
