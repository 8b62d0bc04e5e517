import { PassThrough } from 'node:stream';
import { expect, it } from '@jest/globals';
import { confirm } from '#sync/cli/confirm';

const onInterrupt = () => undefined;

it.each([
  ['a yes', 'yes\n', true],
  ['a short yes', 'Y\n', true],
  ['nothing but Enter', '\n', false],
  ['another answer', 'yesterday\n', false],
  ['the end of the input', '', false],
])('the answer is read correctly: %s', async (_, typed, isYes) => {
  const input = new PassThrough();
  input.end(typed);

  expect(await confirm('Sure?', { input, output: new PassThrough(), onInterrupt }, new AbortController().signal)).toBe(
    isYes,
  );
});

/** A terminal on which a person types while the question waits. */
function askOnTerminal(typed: string, onInterrupt: () => void, signal = new AbortController().signal) {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { isTTY: true });
  const asking = confirm('Sure?', { input, output, onInterrupt }, signal);
  input.write(typed);
  return asking;
}

it('Ctrl-D on a terminal is a no', async () => {
  expect(await askOnTerminal('\x04', () => undefined)).toBe(false);
});

it('Ctrl-C on a terminal stops the command', async () => {
  const stopping = new AbortController();

  const asking = askOnTerminal('\x03', () => stopping.abort(), stopping.signal);

  await expect(asking).rejects.toThrow('abort');
});

it('the question ends with the signal', async () => {
  const stopping = new AbortController();
  const asking = confirm(
    'Sure?',
    { input: new PassThrough(), output: new PassThrough(), onInterrupt },
    stopping.signal,
  );

  stopping.abort();

  await expect(asking).rejects.toThrow('abort');
});
