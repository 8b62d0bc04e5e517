import { describe, expect, it } from '@jest/globals';
import { type HoldValue, holdAsItIs, holdPacked } from '#io/held';

const value = { host: undefined, texts: ['zürich', ''], atMs: 1.5, none: -Infinity };

describe.each<[string, HoldValue]>([
  ['holdAsItIs', holdAsItIs],
  ['holdPacked', holdPacked],
])('%s', (_, hold) => {
  it('gives what was kept, each time it is asked', () => {
    const read = hold(value);

    expect([read(), read()]).toStrictEqual([value, value]);
  });
});

describe('holdPacked', () => {
  it('keeps the value as it was, whatever becomes of it', () => {
    const changing = { texts: ['one'] };
    const read = holdPacked(changing);
    changing.texts.push('two');

    expect(read()).toStrictEqual({ texts: ['one'] });
  });
});
