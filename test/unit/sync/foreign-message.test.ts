import { describe, expect, it } from '@jest/globals';
import { foreignMessage } from '../../../sync/foreign-message';

describe('foreignMessage', () => {
  it.each([
    [undefined, "service sd2 exists already without this owner's tags and is left as it is: rename or delete it"],
    [
      'team-b',
      'service sd2 belongs to owner team-b and is left as it is: give that domain to one of the two (allow.domains, tag kong:gateway)',
    ],
  ])('says of an entity of owner %s what harms nobody', (owner, text) => {
    expect(foreignMessage({ kind: 'service', key: 'sd2', id: 's', owner })).toBe(text);
  });
});
