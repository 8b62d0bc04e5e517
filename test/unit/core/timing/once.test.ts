import { describe, expect, it, jest } from '@jest/globals';
import { once } from '#core/timing/once';

describe('once', () => {
  it('makes nothing before it is needed, and what is undefined only once, too', () => {
    const make = jest.fn(() => undefined);
    const get = once(make);
    expect(make).not.toHaveBeenCalled();

    expect([get(), get()]).toEqual([undefined, undefined]);
    expect(make).toHaveBeenCalledTimes(1);
  });
});
