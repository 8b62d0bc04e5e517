import { describe, expect, it } from '@jest/globals';
import { foreignMessage } from '#sync/plan/foreign-entities';

describe('foreignMessage', () => {
  it.each([
    [undefined, "service sd2 exists already without this owner's tags and is left as it is; rename or delete it"],
    [
      'team-b',
      'service sd2 belongs to owner team-b and is left as it is; give that domain to one of the two owners (allow.domains, tag kong:gateway)',
    ],
  ])('names for an entity of owner %s the harmless fix', (owner, text) => {
    expect(foreignMessage({ kind: 'service', key: 'sd2', id: 's', owner })).toBe(text);
  });

  it.each([
    [
      undefined,
      "route sd2 would take /sd2 from route edge, which lacks this owner's tags, and is not written; choose another kong:path for domain sd2, or take the path off that route",
    ],
    [
      'team-b',
      'route sd2 would take /sd2 from route edge of owner team-b, and is not written; choose another kong:path for domain sd2, or have that owner choose another path',
    ],
  ])('fm-47 names for a path in a route of owner %s its owner, and the harmless fix', (owner, text) => {
    const path = { text: '/sd2', route: 'edge' };

    expect(foreignMessage({ kind: 'route', key: 'sd2', id: 'r', owner, path })).toBe(text);
  });
});
