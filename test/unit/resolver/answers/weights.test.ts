import { expect, it } from '@jest/globals';
import { srvWeights, srvWeightsBesideSpares } from '#resolver/answers/weights';

it.each([
  ['unchanged where a record can hold them', [1, 100, 65_535], [1, 100, 65_535]],
  ['in equal ratio otherwise', [131_070, 65_535], [65_535, 32_768]],
  ['never 0, which has another meaning for Kong', [1_000_000, 1], [65_535, 1]],
  ['empty without targets', [], []],
])('the weights are %s', (_, weights, expected) => {
  expect(srvWeights(weights)).toEqual(expected);
});

it.each([
  ['a thousand times the weight of a spare', [300, 100], [750, 250]],
  ['a thousand times the weight of a spare, for many too', Array(40).fill(100), Array(40).fill(25)],
  ['no greater than needed for that', [60_000, 60_000], [500, 500]],
  ['unchanged where they are greater', [65_535, 1], [65_535, 1]],
  ['empty without targets', [], []],
])('the weights beside spares are %s', (_, weights, expected) => {
  expect(srvWeightsBesideSpares(weights)).toEqual(expected);
});
