/**
 * Flags of Node for the serving process. With `--v8-pool-size=0` V8 sizes its pool by the
 * processors. Otherwise four threads would collect the discovery thread's garbage on the cores that
 * requests need.
 */
export const servingFlags: readonly string[] = ['--v8-pool-size=0'];
