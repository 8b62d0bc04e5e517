import { describe, expect, it, jest } from '@jest/globals';
import { lazy } from '#core/timing/lazy';

describe('lazy', () => {
  it('creates its value at the first use, and only once, even if the value is undefined', () => {
    const make = jest.fn(() => undefined);
    const get = lazy(make);
    expect(make).not.toHaveBeenCalled();

    expect([get(), get()]).toEqual([undefined, undefined]);
    expect(make).toHaveBeenCalledTimes(1);
  });
});
