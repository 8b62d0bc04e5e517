import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

let limitRate: typeof import('#data-plane/limit-rate').limitRate;

beforeAll(async () => {
  jest.useFakeTimers({ now: 0 });
  ({ limitRate } = await import('#data-plane/limit-rate'));
});

afterAll(() => void jest.useRealTimers());

describe('limitRate', () => {
  it('passes each reason of a domain once a minute', () => {
    const said: string[] = [];
    const startMs = performance.now();
    const passedMs = () => performance.now() - startMs;
    const explain = limitRate((reason, domain) => void said.push(`${passedMs()} ${domain}: ${reason}`));

    for (const atMs of [0, 1, 59_999, 60_000, 60_001, 120_000]) {
      jest.advanceTimersByTime(atMs - passedMs());
      explain('unknown domain', 'sd2');
    }

    expect(said).toEqual(['0 sd2: unknown domain', '60000 sd2: unknown domain', '120000 sd2: unknown domain']);
  });

  it.each([-6, 6])('fm-41 measures elapsed time, even if the clock is set by %i h', (hours) => {
    const said: string[] = [];
    const explain = limitRate((reason) => void said.push(reason));
    explain('unknown domain', 'sd2');

    jest.setSystemTime(Date.now() + hours * 3_600_000);
    explain('unknown domain', 'sd2');
    const within = said.length;
    jest.advanceTimersByTime(60_000);
    explain('unknown domain', 'sd2');

    expect([within, said.length]).toEqual([1, 2]);
  });

  it('holds back no other reason and no other domain', () => {
    const said: string[] = [];
    const explain = limitRate((reason, domain) => void said.push(`${domain}: ${reason}`));

    for (const domain of ['sd2', 'sd3', 'sd2', 'sd3'])
      for (const reason of ['unknown domain', 'nothing is discovered yet']) explain(reason, domain);

    expect(said).toEqual([
      'sd2: unknown domain',
      'sd2: nothing is discovered yet',
      'sd3: unknown domain',
      'sd3: nothing is discovered yet',
    ]);
  });
});
