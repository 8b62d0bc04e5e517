import { expect, it } from '@jest/globals';
import type { RolloutStory } from '#sandbox/rollout/story';
import { misfitsOf } from '../support/cli';
import { startSandbox } from '../support/sandbox';

it('npm start -- --rollout promotes a good revision, rolls a bad one back, and updates all addresses', async () => {
  const { out, exitCode, listening } = await startSandbox('--rollout', '--json');
  const { ok, events }: RolloutStory = JSON.parse(out);

  expect(misfitsOf(['sandbox'], out)).toEqual([]);
  expect(events.map(({ problem }) => problem)).toEqual(Array(5).fill(undefined));
  expect({ ok, exitCode }).toEqual({ ok: true, exitCode: 0 });
  const ends = events.map(({ command, exitCode: code }) => `${command.split(' ').at(-1)} ${code}`);
  expect(ends).toEqual(['sync 0', 'rollout 0', 'rollout 3', 'sync 3', 'rollout 0']);
  const [first, good, bad, moved, mended] = events.map(({ stages }) => stages.map(({ revision }) => revision));
  expect([first, good, mended].map((revisions) => new Set(revisions).size)).toEqual([1, 1, 1]);
  expect(new Set([first, good, mended].flat()).size).toBe(3);
  expect([bad, moved]).toEqual([good, good]);
  for (const { stages } of events) {
    expect(stages.map(({ stage }) => stage)).toEqual(['canary', 'blue', 'green']);
    expect(stages.every(({ requests }) => requests > 0)).toBe(true);
    expect(stages.slice(1).map(({ failed }) => failed)).toEqual([0, 0]);
  }
  expect(listening.filter((address) => !address.startsWith('127.'))).toEqual([]);
});
