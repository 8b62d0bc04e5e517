import { expect, it } from '@jest/globals';
import type { Action, Change } from '#sync/plan/changes';
import { describeChanges } from '#sync/rollout/describe-changes';

function changeOf(action: Action, key: string): Change {
  return { action, kind: 'service', key, domain: key, id: key, reason: '' };
}

function nameChange(action: Action, reason: string): Change {
  const key = 'sd2.privatelink|_http._tcp.sd2.privatelink.internal:80';
  return { action, kind: 'target', key, domain: 'sd2', id: key, reason };
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
  [
    [
      nameChange('create', 'via resolver in place of 4 addresses; endpoint vpce-1 is available'),
      changeOf('update', 'b'),
    ],
    '1 created, 1 updated: sd2 via resolver in place of 4 addresses, service b',
  ],
  [[nameChange('delete', 'replaced: …')], '1 deleted: sd2 no longer via resolver'],
])('the changes are described in one line, with the first three names: %#', (changes, expected) => {
  expect(describeChanges(changes)).toBe(expected);
});
