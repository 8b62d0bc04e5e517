import os from 'node:os';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { whoWrites } from '#sync/rollout/by';

afterEach(() => {
  jest.restoreAllMocks();
});

const github = {
  GITHUB_RUN_ID: '7',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_REPOSITORY: 'team/gateway',
};

describe('the author of a write', () => {
  it('is the user of the process, with the configuration', () => {
    const by = whoWrites({}, '0123456789ab');

    expect(by).toEqual({ configuration: '0123456789ab', user: os.userInfo().username });
  });

  it.each<[string, Readonly<Record<string, string>>, string | undefined]>([
    ['GitHub', github, 'https://github.example/team/gateway/actions/runs/7'],
    ['GitHub, in part', { ...github, GITHUB_REPOSITORY: '' }, undefined],
    ['GitLab', { CI_JOB_URL: 'https://gitlab.example/jobs/7' }, 'https://gitlab.example/jobs/7'],
    [
      'Jenkins, beside an empty variable',
      { CI_JOB_URL: '', BUILD_URL: 'https://ci.example/7' },
      'https://ci.example/7',
    ],
    ['a server with a password', { BUILD_URL: 'https://bot:s@cret@ci.example/7' }, 'https://ci.example/7'],
    ["a stranger's text, at length", { BUILD_URL: 'x'.repeat(1_000) }, 'x'.repeat(300)],
  ])('is a run of %s', (_, env, expected) => {
    expect(whoWrites(env, undefined).run).toBe(expected);
  });

  it('is the number of a user without a name, as in a container', () => {
    jest.spyOn(os, 'userInfo').mockImplementation(() => {
      throw new Error('ENOENT');
    });

    expect(whoWrites({ USER: 'me' }, undefined).user).toBe('me');
    expect(whoWrites({}, undefined).user).toBe(String(process.getuid?.()));
  });
});
