import { describe, expect, it } from '@jest/globals';
import { consumersBy } from '#core/contracts/consumers';

const sd1 = '111111111111';
const sd2 = '333333333333';

describe('the consumer of an endpoint', () => {
  const consumerOf = consumersBy({
    sd1: { accounts: [sd1], calls: [] },
    sd2: { principals: [`arn:aws:iam::${sd2}:role/app`, `arn:aws-cn:iam::444444444444:root`], calls: [] },
    batch: { accounts: [sd1], endpoints: ['vpce-b'], calls: [] },
    partner: { endpoints: ['vpce-p'], calls: [] },
  });

  it.each([
    ['vpce-1', sd1, 'sd1'],
    ['vpce-2', sd2, 'sd2'],
    ['vpce-3', '444444444444', 'sd2'],
    ['vpce-b', sd1, 'batch'],
    ['vpce-p', '999999999999', 'partner'],
    ['vpce-p', undefined, 'partner'],
    ['vpce-4', '999999999999', undefined],
    ['vpce-4', undefined, undefined],
  ])('%s of account %s: %s', (endpointId, account, consumer) => {
    expect(consumerOf({ endpointId, account })).toBe(consumer);
  });

  it('does not exist if the listed endpoint has another account than the consumer names', () => {
    expect(consumerOf({ endpointId: 'vpce-b', account: sd2 })).toBeUndefined();
    expect(consumerOf({ endpointId: 'vpce-b', account: undefined })).toBeUndefined();
  });
});
