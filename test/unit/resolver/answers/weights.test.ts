import { expect, it } from '@jest/globals';
import { srvWeights } from '#resolver/answers/weights';

it.each([
  ['as they are where a record can hold them', [1, 100, 65_535], [1, 100, 65_535]],
  ['in the same ratio where not', [131_070, 65_535], [65_535, 32_768]],
  ['never 0, which Kong takes for something else', [1_000_000, 1], [65_535, 1]],
  ['of nobody', [], []],
])('gives weights %s', (_, weights, expected) => {
  expect(srvWeights(weights)).toEqual(expected);
});
