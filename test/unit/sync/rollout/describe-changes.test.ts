import { expect, it } from '@jest/globals';
import type { Action, Change } from '#sync/plan/changes';
import { describeChanges } from '#sync/rollout/describe-changes';

function changeOf(action: Action, key: string): Change {
  return { action, kind: 'service', key, domain: key, id: key, reason: '' };
}

it.each<[readonly Change[], string]>([
  [[], 'affinity or base files'],
  [[changeOf('create', 'a')], '1 created: service a'],
  [
    [changeOf('create', 'a'), changeOf('update', 'b'), changeOf('delete', 'c')],
    '1 created, 1 updated, 1 deleted: service a, service b, service c',
  ],
  [
    ['a', 'b', 'c', 'd', 'e'].map((key) => changeOf('update', key)),
    '5 updated: service a, service b, service c and 2 more',
  ],
])('is one line, with the first three names: %#', (changes, expected) => {
  expect(describeChanges(changes)).toBe(expected);
});
