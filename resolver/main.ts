#!/usr/bin/env node
import { constants } from 'node:os';
import { messageOf } from '#core/errors';
import { openOutput } from '#io/output';
import { helpText, parseResolverOptions } from './command-line';
import { saveMemory } from './memory';
import { resolverVerb } from './verb';

/** The resolver as a program of its own: what `kong-privatelink resolver` does, without the rest of it. */

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The second one does not wait for anything.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort();
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const [out, err] = [openOutput(1), openOutput(2)];
  try {
    const options = parseResolverOptions(argv);
    if (options === 'help') out.write(helpText());
    else await resolverVerb({ ...options, env: process.env, out: out.write }, controller.signal);
  } catch (thrown) {
    err.write(`error: ${messageOf(thrown)}\n`);
    return 1;
  }
  return (await out.reason()) ? 1 : 0;
}

saveMemory();
void main(process.argv.slice(2)).then((code) => process.exit(code));
