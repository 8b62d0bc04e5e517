import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/**
 * The costs of a command: seconds, processor seconds (user and system, of all its threads), and
 * peak resident memory in MB.
 */
export type Measured = { readonly seconds: number; readonly cpuSeconds: number; readonly peakMb: number };

/**
 * Interval of the looks at /proc in milliseconds. An ended process tells nothing more, so its last
 * milliseconds are missing.
 */
const lookMs = 20;
/** USER_HZ: Linux's unit of processor time, on every machine. */
const ticksPerSecond = 100;

/** Runs a command of others, whose errors are shown. Throws when it does not end with 0. */
export async function measureProcess(
  command: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Measured> {
  const startMs = performance.now();
  const child = spawn(command, argv, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let seen = { cpuSeconds: 0, peakMb: 0 };
  const timer = setInterval(() => {
    seen = look(child.pid) ?? seen;
  }, lookMs);
  const [code] = await once(child, 'exit');
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return { ...seen, seconds: (performance.now() - startMs) / 1_000 };
}

/** VmHWM, and the fields utime and stime; undefined for an ended process, and without /proc. */
function look(pid: number | undefined): Omit<Measured, 'seconds'> | undefined {
  try {
    const [, peakKb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    // The second field is the command's name in brackets, and may hold blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    return peakKb === '0' ? undefined : { cpuSeconds, peakMb: Number(peakKb) / 1_024 };
  } catch {
    return undefined;
  }
}
