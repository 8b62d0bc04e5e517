import { describe, expect, it } from '@jest/globals';
import { joinParagraphs, wrapLines } from '#io/wrap';

describe('wrapLines', () => {
  it('continues below the last column of a line', () => {
    const text =
      'First steps:   doctor     what is missing before it works for you\n               sync       change it';

    expect(wrapLines(text, 50).split('\n')).toEqual([
      'First steps:   doctor     what is missing before',
      '                          it works for you',
      '               sync       change it',
    ]);
  });

  it('continues one step further in if that column is too narrow', () => {
    expect(wrapLines('  kong-privatelink render -o kong.yaml && deck gateway diff', 40).split('\n')).toEqual([
      '  kong-privatelink render -o kong.yaml',
      '    && deck gateway diff',
    ]);
  });

  it('breaks no word', () => {
    expect(wrapLines('a/path/that/is/longer/than/this short', 20)).toBe('a/path/that/is/longer/than/this\nshort');
  });
});

describe('joinParagraphs', () => {
  it('joins the lines of a paragraph, and keeps commands and sentence ends', () => {
    expect(joinParagraphs('\nReads, and\nwrites nothing.\nThe file:\n  render -o a\nRemovals\nstay.')).toBe(
      '\nReads, and writes nothing.\nThe file:\n  render -o a\nRemovals stay.',
    );
  });
});
