import { execFileSync } from 'node:child_process';

/**
 * Keeps this process, and those that it starts from now on, on the given cores (a list as taskset takes it). On which core the
 * kernel wakes a process costs more than what is measured, and differs from run to run. Does nothing where there is no taskset.
 */
export function pinSelf(cores: string): void {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(process.pid)], { stdio: 'ignore' });
  } catch {
    // Not Linux, or a single core: the figures are noisier.
  }
}
