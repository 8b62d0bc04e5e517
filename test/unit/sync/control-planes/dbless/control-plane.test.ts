import { expect, it } from '@jest/globals';
import { rememberLast } from '#sync/control-planes/dbless/control-plane';

it('the work is repeated only for another text', () => {
  const worked: string[] = [];
  const remembering = rememberLast((text) => worked.push(text));

  const results = ['a', 'a', 'b', 'b', 'a'].map(remembering);

  expect(worked).toEqual(['a', 'b', 'a']);
  expect(results).toEqual([1, 1, 2, 2, 3]);
});
