import { describe, expect, it } from '@jest/globals';
import { type HoldValue, holdAsItIs, holdPacked } from '#io/held';

const value = { host: undefined, texts: ['zürich', ''], atMs: 1.5, none: -Infinity };

describe.each<[string, HoldValue]>([
  ['holdAsItIs', holdAsItIs],
  ['holdPacked', holdPacked],
])('%s', (_, hold) => {
  it('returns the kept value at each request', () => {
    const read = hold(value);

    expect([read(), read()]).toStrictEqual([value, value]);
  });
});

describe('holdPacked', () => {
  it('keeps the value unchanged, whatever changes the original', () => {
    const changing = { texts: ['one'] };
    const read = holdPacked(changing);
    changing.texts.push('two');

    expect(read()).toStrictEqual({ texts: ['one'] });
  });
});
