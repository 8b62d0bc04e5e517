#!/usr/bin/env node
import { constants } from 'node:os';
import { Stopped } from './stopped';

const controller = new AbortController();

function isReloading([, , verb, ...words]: readonly string[]): boolean {
  return verb === 'resolver' || words.includes('--watch');
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // These verbs reload their configuration and continue. A verb that is still starting has just
    // read it, or will read it.
    if (signal === 'SIGHUP' && isReloading(process.argv)) return;
    // The second signal exits at once.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort(new Stopped(signal));
  });
}

async function ask(question: string): Promise<boolean> {
  const { confirm } = await import('./confirm');
  const onInterrupt = () => controller.abort(new Stopped('SIGINT'));
  return confirm(question, { input: process.stdin, output: process.stdout, onInterrupt }, controller.signal);
}

/** Loads the rest late, so that signals during the load are heard. */
async function run(): Promise<void> {
  const { openOutput } = await import('#io/output');
  const isTerminal = process.stdout.isTTY === true;
  const [out, err] = [openOutput(1, isTerminal), openOutput(2, isTerminal)];
  const { main } = await import('./main');
  process.exitCode = await main(process.argv.slice(2), {
    terminal: {
      env: process.env,
      out: out.write,
      err: err.write,
      losses: out,
      isTerminal,
      // Node returns 0 columns where the terminal does not know its width.
      columns: isTerminal ? process.stdout.columns || 80 : undefined,
      rows: (isTerminal && process.stdout.rows) || undefined,
      confirm: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
    },
    signal: controller.signal,
  });
  // Unread input would keep the process alive.
  if (controller.signal.aborted) process.exit();
}

void run();
