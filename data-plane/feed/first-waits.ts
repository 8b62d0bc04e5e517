import type { Clock } from '#core/timing/clock';

/** About what it takes to load the AWS SDK and to read one scope. */
const firstWaitMs = 1_000;

export type FirstWaits = ReturnType<typeof createFirstWaits>;

/** One wait per domain, for all its requests: while AWS does not answer, only the first second of them is held up. */
export function createFirstWaits(clock: Clock, signal: AbortSignal) {
  const ends = new Map<string, () => void>();
  const waits = new Map<string, Promise<void>>();

  function begin(domain: string): Promise<void> {
    const answer = new Promise<void>((resolve) => {
      ends.set(domain, resolve);
    });
    return Promise.race([answer, clock.sleep(firstWaitMs, signal).catch(() => {})]);
  }

  return {
    wait: (domain: string): Promise<void> => {
      const waited = waits.get(domain) ?? begin(domain);
      waits.set(domain, waited);
      return waited;
    },
    end: (domain: string): void => ends.get(domain)?.(),
    endAll: (): void => {
      for (const end of ends.values()) end();
    },
    /** The next request for it is a first one again. */
    forget: (domain: string): void => {
      ends.delete(domain);
      waits.delete(domain);
    },
  };
}
