import { main } from '#sync/cli/main';

/**
 * Runs the command line in this process and tells the parent its costs: seconds, processor seconds,
 * peak resident memory in MB, exit code.
 */
async function measure(): Promise<void> {
  const startMs = performance.now();
  const terminal = {
    env: process.env,
    out: () => {},
    err: (text: string) => process.stderr.write(text),
    isTerminal: false,
  };
  const exitCode = await main(process.argv.slice(2), { terminal, signal: new AbortController().signal });
  const seconds = (performance.now() - startMs) / 1_000;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  process.send?.({ exitCode, seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMb: maxRSS / 1_024 });
  process.disconnect?.();
}

void measure();
