#!/usr/bin/env node
import { main } from './main';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
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
