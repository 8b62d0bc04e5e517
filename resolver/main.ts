#!/usr/bin/env node
import { constants } from 'node:os';

/** The resolver as a program of its own: what `kong-privatelink resolver` does, without the rest of it. */

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort();
  });
}
// It has read nothing yet.
process.on('SIGHUP', () => {});

/** Loads the rest only now: a signal that comes meanwhile is heard. */
async function main(argv: readonly string[]): Promise<number> {
  const { saveMemory } = await import('./memory');
  saveMemory();
  const { runProgram } = await import('./program');
  return runProgram(argv, controller.signal);
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
