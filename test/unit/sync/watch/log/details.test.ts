import { expect, it } from '@jest/globals';
import type { Condition } from '#sync/watch/log/conditions';
import { detailsOf } from '#sync/watch/log/details';
import { follow } from '#sync/watch/log/follow';

const unknown = (scope: string, lastGoodSeconds: number): Condition => ({
  kind: 'scope',
  id: scope,
  who: { scope },
  why: { code: 'ACCESS_DENIED', lastGoodSeconds, reason: 'role refused' },
});

it('one fault of several scopes is reported once, with the age of the oldest answer and escaped text', () => {
  const holds = [unknown('hub.1.eu-west-1', 60), unknown('hub.1.us-east-1', 90), unknown('hub.2\nok', 60)];
  const { conditions } = follow(new Map(), { holds, isUndecided: () => false }, 0);

  expect(detailsOf(conditions, 5_000)).toBe(
    'scope unknown scope="hub.1.eu-west-1, hub.1.us-east-1, hub.2\\nok" forSeconds=5 code=ACCESS_DENIED lastGoodSeconds=90: role refused\n',
  );
});
