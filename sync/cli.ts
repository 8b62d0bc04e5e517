#!/usr/bin/env node
import { constants } from 'node:os';
import { main } from './main';
import { confirm } from './output/confirm';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A watch listens too: it reads its configuration again and goes on.
    if (signal === 'SIGHUP' && process.listenerCount(signal) > 1) return;
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

const ask = (question: string) =>
  confirm(question, { input: process.stdin, output: process.stdout }, controller.signal);

void main(process.argv.slice(2), {
  terminal: {
    env: process.env,
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true,
    confirm: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
  },
  signal: controller.signal,
}).then((exitCode) => {
  process.exitCode = exitCode;
});
