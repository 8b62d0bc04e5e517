#!/usr/bin/env node
import { constants } from 'node:os';

/** The resolver as its own program: `kong-privatelink resolver` without the other verbs. */

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second signal ends the process at once.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort();
  });
}
// There is no configuration to reload yet.
process.on('SIGHUP', () => {});

/** Loads the rest only now, so that signals during loading are handled. */
async function main(argv: readonly string[]): Promise<number> {
  const { saveMemory } = await import('./memory');
  saveMemory();
  const { runProgram } = await import('./program');
  return runProgram(argv, controller.signal);
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
