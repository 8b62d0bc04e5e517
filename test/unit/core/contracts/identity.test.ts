import { describe, expect, it } from '@jest/globals';
import { foldHeader, identityHeaders, isIdentityHeader, spellingsOf } from '#core/contracts/identity';

describe("the headers of the caller's identity", () => {
  it.each(Object.values(identityHeaders))('have four spellings of %s with one meaning', (name) => {
    const all = spellingsOf(name);

    expect(new Set(all).size).toBe(4);
    expect(new Set(all.map(foldHeader)).size).toBe(1);
    expect(all[0]).toBe(name);
    expect([...all, ...all.map((one) => one.toUpperCase())].filter(isIdentityHeader)).toHaveLength(8);
  });

  it.each(['x-privatelink', 'x-privatelink-consumers', 'privatelink-consumer', 'x.privatelink.consumer', 'host'])(
    'do not include %s',
    (name) => {
      expect(isIdentityHeader(name)).toBe(false);
    },
  );
});
