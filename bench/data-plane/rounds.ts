import type { Caller } from '../plugin-server/callers';

type OpenOne = () => Promise<Caller>;

export type Slices = {
  readonly connections: number;
  readonly sliceMs: number;
  readonly slices: number;
  /** Processor time of the measured process so far, in microseconds. */
  readonly processorUs: () => number;
};

export type Rate = { readonly perSecond: number; readonly processorUs: number };

/**
 * Requests per second of each subject over so many connections, and the processor time of one
 * request. Slices of time take turns, so that the machine affects all subjects alike.
 */
export async function measureRates(opens: readonly OpenOne[], options: Slices): Promise<readonly Rate[]> {
  const all = await Promise.all(
    opens.map(async (open) => {
      const callers = await Promise.all(Array.from({ length: options.connections }, open));
      return { callers, total: { ended: 0, ms: 0, us: 0 } };
    }),
  );
  for (let slice = 0; slice < options.slices; slice += 1) {
    for (const { callers, total } of all) {
      const before = options.processorUs();
      const { ended, ms } = await callFor(callers, options.sliceMs);
      total.ended += ended;
      total.ms += ms;
      total.us += options.processorUs() - before;
    }
  }
  for (const { callers } of all) for (const caller of callers) caller.close();
  return all.map(({ total: { ended, ms, us } }) => ({ perSecond: (ended / ms) * 1_000, processorUs: us / ended }));
}

/**
 * Each connection begins its next call after the last. Running calls at the end of the time are
 * waited for. Throws when a call fails.
 */
async function callFor(callers: readonly Caller[], forMs: number): Promise<{ ended: number; ms: number }> {
  const startMs = performance.now();
  let ended = 0;
  const callAgain = (caller: Caller, done: () => void, fail: (error: Error) => void) => {
    caller.call((isOk) => {
      if (!isOk) return fail(new Error('a call failed'));
      ended += 1;
      if (performance.now() - startMs < forMs) callAgain(caller, done, fail);
      else done();
    });
  };
  await Promise.all(callers.map((caller) => new Promise<void>((done, fail) => callAgain(caller, done, fail))));
  return { ended, ms: performance.now() - startMs };
}
