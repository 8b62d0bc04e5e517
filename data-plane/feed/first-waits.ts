import type { Clock } from '#core/timing/clock';

/** About the time to load the AWS SDK and to read one scope. */
const firstWaitMs = 1_000;

export type FirstWaits = ReturnType<typeof createFirstWaits>;

/**
 * One wait per domain, for all its requests. While AWS does not answer, only the first requests
 * wait, a second unless configured otherwise.
 */
export function createFirstWaits(clock: Clock) {
  const ends = new Map<string, () => void>();
  const waits = new Map<string, Promise<void>>();
  const ended = Promise.resolve();

  function begin(domain: string, longestMs: number): Promise<void> {
    const ending = new AbortController();
    const answer = new Promise<void>((resolve) => {
      ends.set(domain, () => {
        ending.abort();
        resolve();
      });
    });
    return Promise.race([answer, clock.sleep(longestMs, ending.signal).catch(() => {})]);
  }

  /** A finished wait takes no memory of its own. */
  function end(domain: string): void {
    ends.get(domain)?.();
    if (ends.delete(domain)) waits.set(domain, ended);
  }

  return {
    /** A second request joins the wait of the first. */
    wait: (domain: string, longestMs = firstWaitMs): Promise<void> => {
      const waited = waits.get(domain) ?? begin(domain, longestMs);
      waits.set(domain, waited);
      return waited;
    },
    end,
    endAll: (): void => {
      for (const domain of ends.keys()) end(domain);
    },
    /** The next request for it is a first one again. */
    forget: (domain: string): void => {
      ends.delete(domain);
      waits.delete(domain);
    },
  };
}
