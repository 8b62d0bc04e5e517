import { describe, expect, it } from '@jest/globals';
import type { PrivatelinkError } from '#core/errors';
import { nothingRun, type Run } from '#sync/rollout/journal';
import { targetOf } from '#sync/rollout/target';

const [a, b, c] = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'] as const;

function run(revision: string, how: Run['how'] = 'sync'): Run {
  return { atMs: 0, revision, how, by: {}, changes: '' };
}

type Ran = { readonly history?: readonly Run[]; readonly kept?: readonly string[]; readonly runs?: string };

function goingTo(wanted: string | undefined, { history = [run(a), run(b), run(c)], ...ran }: Ran = {}) {
  const { runs = history.at(-1)?.revision, kept = history.map(({ revision }) => revision) } = ran;
  return targetOf(wanted, { state: { ...nothingRun, runs, history }, kept, where: 'canary' });
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    const { code, message } = thrown as PrivatelinkError;
    return `${code} ${message}`;
  }
  throw new Error('nothing was refused');
}

describe('the target of a rollback', () => {
  it('is the newest revision if that is named', () => {
    expect(goingTo('newest', { history: [] })).toBeUndefined();
  });

  it.each<[string, readonly Run[], string]>([
    ['the revision that ran before', [run(a), run(b), run(c)], b],
    ['the one before that, after a rollback', [run(a), run(b), run(c), run(b, 'rollback')], a],
    ['the revision that ran before an equal one returned', [run(a), run(b), run(a), run(c), run(a)], c],
    ['a revision that decK got', [run(a, 'render'), run(b)], a],
    ["the rollback's target, before a newer revision", [run(a), run(b), run(a, 'rollback'), run(c)], a],
  ])('is %s', (_, history, expected) => {
    expect(goingTo(undefined, { history })).toBe(expected);
  });

  it("may be the beginning of an id, even of another stage's revision", () => {
    expect(goingTo('b')).toBe(b);
    expect(goingTo(b)).toBe(b);
    expect(goingTo('ab', { kept: [a, 'abcdefabcdef'] })).toBe('abcdefabcdef');
  });

  it.each<[string, string | undefined, Ran, string]>([
    ['nothing ran', undefined, { history: [] }, 'CONFIG_INVALID rollback: canary ran nothing yet, as far as'],
    [
      'nothing ran before',
      undefined,
      { history: [run(a)] },
      `before revision ${a}, as far as stateDir knows; sync keeps`,
    ],
    [
      'revisions ran on other stages only',
      undefined,
      { history: [run(a)], kept: [a, b] },
      `stateDir knows; these revisions are kept: ${b}; history shows`,
    ],
    [
      'a rollback reached the first revision',
      undefined,
      { history: [run(a), run(b), run(a, 'rollback')] },
      'ran nothing before',
    ],
    ['two ids begin so', 'a', { history: [run(a), run('abcdefabcdef')] }, 'several revisions begin with a'],
    [
      'no id begins so',
      'd',
      {},
      `there is no revision "d"; these revisions are kept: ${c}, ${b}, ${a}; history shows when each ran`,
    ],
    ['the name is empty', '', {}, 'there is no revision ""'],
    ['the name is no id', '\u001b[2J', {}, 'there is no revision "\\u001b[2J"'],
    [
      'the revision is not kept any more',
      'a',
      { kept: [b] },
      `revision ${a} is no longer kept; these revisions are kept: ${b};`,
    ],
    ['no revision is kept', 'a', { kept: [] }, 'sync keeps each revision that it writes from now on'],
  ])('is refused where %s', (_, wanted, ran, expected) => {
    expect(refusal(() => goingTo(wanted, ran))).toContain(expected);
  });

  it('is refused with the names of a few kept revisions', () => {
    const kept = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(12, '0'));

    expect(refusal(() => goingTo('x', { kept }))).toContain('000000000004 and others; history');
  });
});
