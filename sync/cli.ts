#!/usr/bin/env node
import { constants } from 'node:os';
import { main } from './main';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort(new Error(`stopped by ${signal}`));
  });
}

// Whoever reads the output may stop reading; the work and its exit code stand.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EPIPE') throw thrown;
  });
}

void main(process.argv.slice(2), {
  terminal: {
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true,
  },
  signal: controller.signal,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
