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

describe('where to go back to', () => {
  it('is the newest where that is named', () => {
    expect(goingTo('newest', { history: [] })).toBeUndefined();
  });

  it.each<[string, readonly Run[], string]>([
    ['what ran before', [run(a), run(b), run(c)], b],
    ['and before that, once one went back', [run(a), run(b), run(c), run(b, 'rollback')], a],
    ['what ran before it came again', [run(a), run(b), run(a), run(c), run(a)], c],
    ['what decK was given', [run(a, 'render'), run(b)], a],
    ['what it went back to, before something else came', [run(a), run(b), run(a, 'rollback'), run(c)], a],
  ])('is %s', (_, history, expected) => {
    expect(goingTo(undefined, { history })).toBe(expected);
  });

  it('is what an id begins with, also one that another stage ran', () => {
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
      'others ran elsewhere',
      undefined,
      { history: [run(a)], kept: [a, b] },
      `stateDir knows; these revisions are kept: ${b}; history shows`,
    ],
    ['one went back to the first', undefined, { history: [run(a), run(b), run(a, 'rollback')] }, 'ran nothing before'],
    ['two begin so', 'a', { history: [run(a), run('abcdefabcdef')] }, 'several revisions begin with a'],
    [
      'none begins so',
      'd',
      {},
      `there is no revision "d"; these revisions are kept: ${c}, ${b}, ${a}; history shows when each ran`,
    ],
    ['it has none', '', {}, 'there is no revision ""'],
    ['it is something else', '\u001b[2J', {}, 'there is no revision "\\u001b[2J"'],
    ['it ran and is not kept', 'a', { kept: [b] }, `revision ${a} is no longer kept; these revisions are kept: ${b};`],
    ['none is kept', 'a', { kept: [] }, 'sync keeps each revision that it writes from now on'],
  ])('is refused where %s', (_, wanted, ran, expected) => {
    expect(refusal(() => goingTo(wanted, ran))).toContain(expected);
  });

  it('names a few of those that are kept', () => {
    const kept = Array.from({ length: 20 }, (_, index) => index.toString(16).padStart(12, '0'));

    expect(refusal(() => goingTo('x', { kept }))).toContain('000000000004 and others; history');
  });
});
