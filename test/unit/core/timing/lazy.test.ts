import { describe, expect, it, jest } from '@jest/globals';
import { lazy } from '#core/timing/lazy';

describe('lazy', () => {
  it('makes nothing before it is needed, and what is undefined only once, too', () => {
    const make = jest.fn(() => undefined);
    const get = lazy(make);
    expect(make).not.toHaveBeenCalled();

    expect([get(), get()]).toEqual([undefined, undefined]);
    expect(make).toHaveBeenCalledTimes(1);
  });
});
