import { execFileSync } from 'node:child_process';

/**
 * Keeps this process, and its later children, on the given cores (a list for taskset). The kernel's
 * choice of cores costs more than the measured work, and differs from run to run. Does nothing
 * without taskset.
 */
export function pinSelf(cores: string): void {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], { stdio: 'ignore' });
  } catch {
    // Not Linux, or a single core: the figures are noisier.
  }
}
