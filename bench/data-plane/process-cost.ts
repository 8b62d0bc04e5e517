import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Costs of processes, from Linux's /proc. */

type Told = { readonly pid: number; readonly parent: number; readonly ticks: number };

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of the processor that a process and its descendants have had. */
export function processorSeconds(pid: number): number {
  return familyOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) / ticksPerSecond;
}

/**
 * Returns the resident memory of a process and its descendants in MB: now, or the sum of their
 * peaks.
 */
export function residentMb(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const kilobytes = familyOf(pid).map((one) => {
    const [, text = '0'] =
      new RegExp(`^${which}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${one.pid}/status`, 'utf8')) ?? [];
    return Number(text);
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1_024;
}

/** The process of the one worker of an nginx, by that of its master. Throws where there is none. */
export function workerOf(master: number): number {
  const worker = allProcesses().find(
    ({ pid, parent }) =>
      parent === master && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('nginx: worker p'),
  );
  if (!worker) throw new Error(`process ${master} has no worker`);
  return worker.pid;
}

/** Microseconds of the processor that the main thread of a process has had, to the nanosecond. */
export function processorMicroseconds(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000;
}

function allProcesses(): readonly Told[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? tellOf(Number(name)) : []));
}

function familyOf(pid: number): readonly Told[] {
  const all = allProcesses();
  const below = (one: Told): readonly Told[] => [one, ...all.filter(({ parent }) => parent === one.pid).flatMap(below)];
  return all.filter((one) => one.pid === pid).flatMap(below);
}

/** Empty of a process that has just ended. The name, in brackets, may hold anything. */
function tellOf(pid: number): readonly Told[] {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    const [parent = 0, user = 0, system = 0] = [fields[1], fields[11], fields[12]];
    return [{ pid, parent, ticks: user + system }];
  } catch {
    return [];
  }
}
