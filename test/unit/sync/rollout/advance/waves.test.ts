import { describe, expect, it } from '@jest/globals';
import { earlierThan, inTurn } from '#sync/rollout/advance/waves';

const listed = ['lab', 'canary', 'eu', 'us'];

describe('the order of stages', () => {
  it('is that of the configuration where nothing else is said', () => {
    expect(earlierThan('eu', { order: [], listed })).toEqual(['lab', 'canary']);
  });

  it('lets those of one list go together, and those that it does not name come after, each by itself', () => {
    const turns = { order: ['canary', ['eu', 'us']], listed: [...listed, 'apac'] };

    expect([earlierThan('us', turns), earlierThan('lab', turns), earlierThan('apac', turns)]).toEqual([
      ['canary'],
      ['canary', 'eu', 'us'],
      ['canary', 'eu', 'us', 'lab'],
    ]);
  });

  it('has a place for stages that nobody could list, and for one that is named and not there', () => {
    expect(earlierThan('us', { order: [], listed: ['canary', undefined, 'us'] })).toEqual(['canary', undefined]);
    expect(earlierThan('us', { order: ['gone', 'us'], listed: ['us'] })).toEqual(['gone']);
  });

  it('is the order in which they are told', () => {
    const stages = listed.map((stage) => ({ stage }));

    expect(inTurn(stages, { order: ['us', 'canary'], listed }).map(({ stage }) => stage)).toEqual([
      'us',
      'canary',
      'lab',
      'eu',
    ]);
  });
});
