import { describe } from '@jest/globals';

/**
 * A suite that runs unless it lacks something. Then it prints on standard error what, and how to
 * get it.
 */
export function describeUnlessLacking(lacking: string | undefined, name: string, suite: () => void): void {
  if (lacking !== undefined) process.stderr.write(`skipped: ${lacking}\n`);
  (lacking === undefined ? describe : describe.skip)(name, suite);
}
