import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { confirm } from '#sync/cli/confirm';

it.each([
  ['a yes', 'yes\n', true],
  ['a short one', 'Y\n', true],
  ['nothing but Enter', '\n', false],
  ['anything else', 'yesterday\n', false],
  ['the end of the input', '', false],
])('takes %s for what it is', async (_, typed, isYes) => {
  const input = new PassThrough();
  input.end(typed);

  expect(await confirm('Sure?', { input, output: new PassThrough() }, new AbortController().signal)).toBe(isYes);
});

it('ends with the signal', async () => {
  const stopping = new AbortController();
  const asking = confirm('Sure?', { input: new PassThrough(), output: new PassThrough() }, stopping.signal);

  stopping.abort();

  await expect(asking).rejects.toThrow('abort');
});
