import { describe, expect, it } from '@jest/globals';
import { earlierThan, inTurn } from '#sync/rollout/advance/waves';

const listed = ['lab', 'canary', 'eu', 'us'];

describe('the order of stages', () => {
  it('is the order of the configuration by default', () => {
    expect(earlierThan('eu', { order: [], listed })).toEqual(['lab', 'canary']);
  });

  it('puts the stages of one list together, and unnamed stages behind, one by one', () => {
    const turns = { order: ['canary', ['eu', 'us']], listed: [...listed, 'apac'] };

    expect([earlierThan('us', turns), earlierThan('lab', turns), earlierThan('apac', turns)]).toEqual([
      ['canary'],
      ['canary', 'eu', 'us'],
      ['canary', 'eu', 'us', 'lab'],
    ]);
  });

  it('has a place for unlisted stages, and for a named stage that does not exist', () => {
    expect(earlierThan('us', { order: [], listed: ['canary', undefined, 'us'] })).toEqual(['canary', undefined]);
    expect(earlierThan('us', { order: ['gone', 'us'], listed: ['us'] })).toEqual(['gone']);
  });

  it('is the order of the report', () => {
    const stages = listed.map((stage) => ({ stage }));

    expect(inTurn(stages, { order: ['us', 'canary'], listed }).map(({ stage }) => stage)).toEqual([
      'us',
      'canary',
      'lab',
      'eu',
    ]);
  });
});
