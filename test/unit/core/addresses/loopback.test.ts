import { describe, expect, it } from '@jest/globals';
import { isLoopback } from '#core/addresses/loopback';

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
