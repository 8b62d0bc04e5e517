/**
 * Flags of Node for the process that serves. `--v8-pool-size=0` lets V8 size its pool by the processors, instead of four threads that
 * collect the discovery thread's garbage on the cores that requests wait for.
 */
export const servingFlags: readonly string[] = ['--v8-pool-size=0'];
