import { describe, expect, it } from '@jest/globals';
import { askedAt, isLoopback } from '#core/addresses/loopback';

describe('isLoopback', () => {
  it.each(['http://127.0.0.1:1', 'http://127.20.1.11', 'http://localhost:8080/x', 'http://[::1]:1', 'http://127.1'])(
    'holds for %s',
    (url) => {
      expect(isLoopback(url)).toBe(true);
    },
  );

  it.each([
    'http://127.evil.example',
    'http://localhost.example',
    'http://10.0.0.1',
    'http://[::2]',
    'http://a@1.2.3.4',
  ])('does not hold for %s', (url) => {
    expect(isLoopback(url)).toBe(false);
  });
});

describe('askedAt', () => {
  it.each([
    ['0.0.0.0:5353', '127.0.0.1:5353'],
    ['[::]:53', '[::1]:53'],
    ['[0:0::0]:53', '[::1]:53'],
    ['127.0.0.1:0', '127.0.0.1:0'],
    ['10.0.0.0:5353', '10.0.0.0:5353'],
    ['[::1]:5353', '[::1]:5353'],
    ['[fd00::]:5353', '[fd00::]:5353'],
  ])('for %s is %s', (listen, expected) => {
    expect(askedAt(listen)).toBe(expected);
  });
});
