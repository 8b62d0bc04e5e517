import { describe, expect, it } from '@jest/globals';
import { PrivatelinkError } from '#core/errors';
import { parseRetryAfter, retry, type Tried } from '#sync/control-planes/kong-api/retry';
import { createFakeClock } from '../../../../support/passes';

const signal = new AbortController().signal;
const error = new PrivatelinkError('failed', { code: 'CONTROL_PLANE_FAILED', fix: undefined });
const passing: Tried = { error, isWorthRetrying: true };

/** Runs through the outcomes; returns the value or error, the tries and the milliseconds waited. */
async function run(outcomes: readonly Tried[], random = 1) {
  const clock = createFakeClock(0);
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    return outcomes[tries - 1] ?? passing;
  };
  const result = await retry(attempt, { clock, random: () => random }, signal).catch((thrown: unknown) => thrown);
  return { result, tries, waitedMs: clock.now() };
}

describe('retry', () => {
  it.each<[string, readonly Tried[], object]>([
    ['succeeds at once', [{ value: 1 }], { result: 1, tries: 1, waitedMs: 0 }],
    ['succeeds at last', [passing, passing, { value: 1 }], { result: 1, tries: 3, waitedMs: 1_500 }],
    ['never succeeds', [], { result: error, tries: 3, waitedMs: 1_500 }],
    ['fails permanently', [{ error, isWorthRetrying: false }], { result: error, tries: 1, waitedMs: 0 }],
    ['asks for 5 s', [{ ...passing, retryAfterMs: 5_000 }, { value: 1 }], { result: 1, tries: 2, waitedMs: 5_500 }],
    ['asks for longer', [{ ...passing, retryAfterMs: 5_001 }], { result: error, tries: 1, waitedMs: 0 }],
  ])('ends correctly when a call %s', async (_, outcomes, expected) => {
    await expect(run(outcomes)).resolves.toEqual(expected);
  });

  it('waits a random time, so that failed calls do not return together', async () => {
    const [short, long] = [await run([], 0.1), await run([], 0.9)];

    expect(short.waitedMs).toBeLessThan(long.waitedMs);
  });
});

describe('parseRetryAfter', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['3', 3_000],
    ['0', 0],
    ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('reads %j as %p ms', (header, ms) => {
    expect(parseRetryAfter(header, 1_000)).toBe(ms);
  });
});
