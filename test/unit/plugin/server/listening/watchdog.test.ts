import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startWatchdog, type Watchdog } from '#plugin/server/listening/watchdog';

const everyMs = 1_000;
let events: string[];
let watchdog: Watchdog;

beforeEach(() => {
  jest.useFakeTimers();
  events = [];
  watchdog = startWatchdog({ everyMs, ask: () => events.push('asked'), onSilence: () => events.push('silent') });
});

afterEach(() => {
  watchdog.stop();
  jest.useRealTimers();
});

const five = Array(5).fill('asked');

describe('startWatchdog', () => {
  it('reports once, and asks no more, when five questions in a row were not answered', () => {
    jest.advanceTimersByTime(20 * everyMs);

    expect(events).toEqual([...five, 'silent']);
  });

  it('counts from zero after each sign of life, however late', () => {
    for (let round = 0; round < 10; round += 1) {
      jest.advanceTimersByTime(5 * everyMs);
      watchdog.hear();
    }

    expect(events).toEqual(Array(10).fill(five).flat());
  });

  it('counts questions, so that a clock jump has no effect', () => {
    jest.setSystemTime(Date.now() + 86_400_000);
    jest.advanceTimersByTime(everyMs);

    expect(events).toEqual(['asked']);
  });

  it('reports nothing after it is stopped', () => {
    jest.advanceTimersByTime(5 * everyMs);
    watchdog.stop();
    jest.advanceTimersByTime(5 * everyMs);

    expect(events).toEqual(five);
  });
});
